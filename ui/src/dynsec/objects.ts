// Clients, roles and groups as they are kept in the query cache, each with the entity tag that a later write is bound
// to. Every key begins with "dynsec", so that one write makes all of them fresh.
import { queryOptions, useQueryClient } from "@tanstack/react-query";
import { useCallback } from "react";
import { api, type Schemas } from "../api/client";

export type Client = Schemas["Client"];
export type Role = Schemas["Role"];
export type Group = Schemas["Group"];
export type RoleRef = Schemas["RoleRef"];
export type GroupRef = Schemas["GroupRef"];

export interface Tagged<T> {
  value: T;
  etag: string;
}

function tagged<T>({ data, response }: { data?: T; response: Response }): Tagged<T> {
  return { value: data as T, etag: response.headers.get("ETag") ?? "" };
}

export const clientQuery = (username: string) =>
  queryOptions({
    queryKey: ["dynsec", "client", username],
    queryFn: async ({ signal }) =>
      tagged<Client>(await api.GET("/dynsec/clients/{id}", { params: { path: { id: username } }, signal })),
  });

export const roleQuery = (rolename: string) =>
  queryOptions({
    queryKey: ["dynsec", "role", rolename],
    queryFn: async ({ signal }) =>
      tagged<Role>(await api.GET("/dynsec/roles/{role}", { params: { path: { role: rolename } }, signal })),
  });

export const groupQuery = (groupname: string) =>
  queryOptions({
    queryKey: ["dynsec", "group", groupname],
    queryFn: async ({ signal }) =>
      tagged<Group>(await api.GET("/dynsec/groups/{group}", { params: { path: { group: groupname } }, signal })),
  });

// useRefresh returns a function that makes everything about access fresh, to be called after each write.
export function useRefresh(): () => Promise<void> {
  const queries = useQueryClient();
  return useCallback(() => queries.invalidateQueries({ queryKey: ["dynsec"] }), [queries]);
}

// ifMatch binds a write to what was read; without a tag the write is bound to nothing.
export function ifMatch(etag: string | undefined): { header?: { "If-Match": string } } {
  return etag ? { header: { "If-Match": etag } } : {};
}

// pathOf is the path of a thing as a planned write names it.
export function pathOf(kind: "clients" | "roles" | "groups", name: string, ...rest: string[]): string {
  return `/dynsec/${[kind, name, ...rest].map(encodeURIComponent).join("/")}`;
}
