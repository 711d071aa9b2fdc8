// The editor of mosquitto.conf: line numbers, problems in the margin, keys and comments in their colours. It is loaded
// only where somebody edits text. Tab goes on to the next control, as everywhere.
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { highlightSelectionMatches, openSearchPanel, search, searchKeymap } from "@codemirror/search";
import {
  Annotation,
  Compartment,
  EditorState,
  type Extension,
  RangeSetBuilder,
  StateEffect,
  StateField,
} from "@codemirror/state";
import {
  Decoration,
  type DecorationSet,
  drawSelection,
  EditorView,
  GutterMarker,
  gutter,
  highlightActiveLine,
  highlightActiveLineGutter,
  keymap,
  lineNumbers,
  ViewPlugin,
  type ViewUpdate,
} from "@codemirror/view";
import { getNonce } from "get-nonce";
import { useEffect, useRef } from "react";
import { visible } from "../ui/text";
import { spansOf } from "./highlight";
import type { ConfProblem } from "./state";

interface CodeEditorProps {
  name: string; // of the file; another one has a history of its own
  text: string;
  readOnly: boolean;
  problems: ConfProblem[]; // of this file
  jump: { line: number; n: number } | undefined; // n counts up with each jump
  onText: (text: string) => void;
}

// fromOutside marks a text that came from the page and not from who types.
const fromOutside = Annotation.define<true>();

const weights = { error: 3, warning: 2, notice: 1 } as const;
const signs = { error: "✕", warning: "▲", notice: "●" } as const;

const setProblems = StateEffect.define<ConfProblem[]>();

class Mark extends GutterMarker {
  constructor(
    readonly severity: ConfProblem["severity"],
    readonly text: string,
  ) {
    super();
  }
  override eq(other: Mark) {
    return other.severity === this.severity && other.text === this.text;
  }
  override toDOM() {
    const mark = document.createElement("span");
    mark.className = `conf-mark ${this.severity}`;
    mark.textContent = signs[this.severity];
    mark.title = this.text;
    return mark;
  }
}

// worst is the worst problem of each line.
function worst(problems: ConfProblem[]): Map<number, { severity: ConfProblem["severity"]; text: string }> {
  const lines = new Map<number, { severity: ConfProblem["severity"]; text: string }>();
  for (const p of problems) {
    const before = lines.get(p.line);
    const text = [before?.text, visible([p.message, p.hint].filter(Boolean).join(" "))].filter(Boolean).join("\n");
    const severity = before && weights[before.severity] >= weights[p.severity] ? before.severity : p.severity;
    lines.set(p.line, { severity, text });
  }
  return lines;
}

interface Marked {
  lines: DecorationSet;
  marks: ReturnType<RangeSetBuilder<Mark>["finish"]>;
}

const marked = StateField.define<Marked>({
  create: () => ({ lines: Decoration.none, marks: new RangeSetBuilder<Mark>().finish() }),
  update(now, change) {
    // What was said of a line goes with it until the next check.
    let next = change.docChanged ? { lines: now.lines.map(change.changes), marks: now.marks.map(change.changes) } : now;
    for (const effect of change.effects) {
      if (!effect.is(setProblems)) continue;
      const lines = new RangeSetBuilder<Decoration>();
      const marks = new RangeSetBuilder<Mark>();
      const { doc } = change.state;
      for (const [line, { severity, text }] of [...worst(effect.value)].sort((a, b) => a[0] - b[0])) {
        if (line < 1 || line > doc.lines) continue;
        const { from } = doc.line(line);
        lines.add(from, from, Decoration.line({ class: `conf-line ${severity}` }));
        marks.add(from, from, new Mark(severity, text));
      }
      next = { lines: lines.finish(), marks: marks.finish() };
    }
    return next;
  },
  provide: (field) => [
    EditorView.decorations.from(field, ({ lines }) => lines),
    gutter({
      class: "conf-gutter",
      markers: (view) => view.state.field(field).marks,
      initialSpacer: () => new Mark("notice", ""),
    }),
  ],
});

const inks = {
  comment: Decoration.mark({ class: "conf-comment" }),
  key: Decoration.mark({ class: "conf-key" }),
  scope: Decoration.mark({ class: "conf-scope" }),
  secret: Decoration.mark({ class: "conf-secret" }),
};

// coloured colours the lines in sight and no others.
const coloured = ViewPlugin.fromClass(
  class {
    spans: DecorationSet;
    constructor(view: EditorView) {
      this.spans = this.build(view);
    }
    update(update: ViewUpdate) {
      if (update.docChanged || update.viewportChanged) this.spans = this.build(update.view);
    }
    build(view: EditorView): DecorationSet {
      const found = new RangeSetBuilder<Decoration>();
      for (const { from, to } of view.visibleRanges) {
        for (let at = from; at <= to; ) {
          const line = view.state.doc.lineAt(at);
          for (const span of spansOf(line.text)) {
            if (span.to > span.from) found.add(line.from + span.from, line.from + span.to, inks[span.part]);
          }
          at = line.to + 1;
        }
      }
      return found.finish();
    }
  },
  { decorations: (plugin) => plugin.spans },
);

function extensions(label: string, changeable: Extension, onText: (text: string) => void): Extension[] {
  return [
    EditorView.cspNonce.of(getNonce() ?? ""),
    EditorView.contentAttributes.of({ "aria-label": label, tabindex: "0", spellcheck: "false", autocapitalize: "off" }),
    marked,
    lineNumbers(),
    highlightActiveLineGutter(),
    highlightActiveLine(),
    drawSelection(),
    history(),
    search({ top: true }),
    highlightSelectionMatches(),
    coloured,
    keymap.of([...searchKeymap, ...historyKeymap, ...defaultKeymap]),
    changeable,
    EditorView.updateListener.of((update) => {
      if (update.docChanged && update.transactions.some((t) => t.annotation(fromOutside) === undefined)) {
        onText(update.state.doc.toString());
      }
    }),
  ];
}

export default function CodeEditor({ name, text, readOnly, problems, jump, onText }: CodeEditorProps) {
  const place = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView>(null);
  const latest = useRef(onText);
  latest.current = onText;
  const changeable = useRef(new Compartment());
  const first = useRef({ text, readOnly });
  first.current = { text, readOnly };
  useEffect(() => {
    if (!place.current) return;
    const editable = [EditorState.readOnly.of(first.current.readOnly)];
    const made = new EditorView({
      parent: place.current,
      state: EditorState.create({
        doc: first.current.text,
        extensions: extensions(`Text of ${name}`, changeable.current.of(editable), (now) => latest.current(now)),
      }),
    });
    view.current = made;
    return () => {
      made.destroy();
      view.current = null;
    };
  }, [name]);
  useEffect(() => {
    view.current?.dispatch({ effects: changeable.current.reconfigure([EditorState.readOnly.of(readOnly)]) });
  }, [readOnly]);
  useEffect(() => {
    const now = view.current;
    if (!now || now.state.doc.toString() === text) return;
    now.dispatch({
      changes: { from: 0, to: now.state.doc.length, insert: text },
      annotations: fromOutside.of(true),
    });
  }, [text]);
  useEffect(() => {
    view.current?.dispatch({ effects: setProblems.of(problems) });
    // A text that was put in from outside has moved the marks.
  }, [problems, name]);
  useEffect(() => {
    const now = view.current;
    if (!now || !jump || jump.line < 1) return;
    const line = now.state.doc.line(Math.min(jump.line, now.state.doc.lines));
    now.dispatch({ selection: { anchor: line.from }, effects: EditorView.scrollIntoView(line.from, { y: "center" }) });
    now.focus();
  }, [jump]);
  return (
    <div
      className="code"
      ref={place}
      data-keys="search"
      tabIndex={-1}
      // "/" on the page looks in the text: what is out of sight is not drawn, so the browser's own search misses it.
      onFocus={(e) => {
        if (e.target === e.currentTarget && view.current) openSearchPanel(view.current);
      }}
    />
  );
}
