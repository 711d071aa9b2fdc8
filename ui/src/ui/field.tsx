// Fields of forms: a label, the control, what it means, and what is wrong with it.
import {
  type InputHTMLAttributes,
  type ReactNode,
  type SelectHTMLAttributes,
  type TextareaHTMLAttributes,
  useId,
} from "react";

interface About {
  label: ReactNode;
  help?: ReactNode;
  wrong?: string | undefined;
}

function useAbout({ label, help, wrong }: About) {
  const id = useId();
  const describedBy = [help && `${id}-help`, wrong && `${id}-wrong`].filter(Boolean).join(" ") || undefined;
  const frame = (control: ReactNode) => (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      {control}
      {help && (
        <div className="help" id={`${id}-help`}>
          {help}
        </div>
      )}
      {wrong && (
        <div className="wrong" id={`${id}-wrong`} role="alert">
          {wrong}
        </div>
      )}
    </div>
  );
  return { frame, attributes: { id, "aria-describedby": describedBy, "aria-invalid": wrong ? true : undefined } };
}

export function TextField({
  label,
  help,
  wrong,
  mono,
  ...rest
}: About & { mono?: boolean } & InputHTMLAttributes<HTMLInputElement>) {
  const { frame, attributes } = useAbout({ label, help, wrong });
  return frame(
    <input className={`input ${mono ? "mono" : ""}`} autoComplete="off" spellCheck={false} {...attributes} {...rest} />,
  );
}

export function TextArea({
  label,
  help,
  wrong,
  mono,
  ...rest
}: About & { mono?: boolean } & TextareaHTMLAttributes<HTMLTextAreaElement>) {
  const { frame, attributes } = useAbout({ label, help, wrong });
  return frame(<textarea className={`input ${mono ? "mono" : ""}`} spellCheck={false} {...attributes} {...rest} />);
}

export function SelectField({
  label,
  help,
  wrong,
  children,
  ...rest
}: About & SelectHTMLAttributes<HTMLSelectElement>) {
  const { frame, attributes } = useAbout({ label, help, wrong });
  return frame(
    <select className="input" {...attributes} {...rest}>
      {children}
    </select>,
  );
}

export function CheckField({
  label,
  help,
  ...rest
}: { label: ReactNode; help?: ReactNode } & InputHTMLAttributes<HTMLInputElement>) {
  const id = useId();
  return (
    <div className="check">
      <input type="checkbox" id={id} aria-describedby={help ? `${id}-help` : undefined} {...rest} />
      <div>
        <label htmlFor={id}>{label}</label>
        {help && (
          <div className="quiet small" id={`${id}-help`}>
            {help}
          </div>
        )}
      </div>
    </div>
  );
}
