//go:build !linux

package main

import "errors"

func mountDisk(string) (bool, error) { return false, nil }

func unmountDisk(string) error { return nil }

func fillDisk(string) error { return errors.New("there is no small disk") }

func emptyDisk(string) error { return errors.New("there is no small disk") }
