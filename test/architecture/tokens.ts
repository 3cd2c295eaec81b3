/** A piece of TypeScript source: comments and white space are no tokens, a template with expressions comes as its parts. */
export interface Token {
  readonly kind: "name" | "string" | "other";
  /** Of a string the content between the quotes. */
  readonly text: string;
  readonly line: number;
}

/**
 * Splits TypeScript (no JSX) into tokens: enough to find names and imports without being misled by comments, strings, templates
 * or regular expressions.
 */
export function tokensOf(source: string): Token[] {
  const tokens: Token[] = [];
  /** For each open brace: whether it closes back into a template. */
  const braces: boolean[] = [];
  let at = 0;
  let line = 1;

  const push = (kind: Token["kind"], text: string) => tokens.push({ kind, text, line });
  const advance = (end: number) => {
    for (; at < end; at++) if (source[at] === "\n") line++;
  };
  const match = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    return pattern.exec(source)?.[0];
  };
  const take = (kind: Token["kind"] | undefined, text: string, content = text) => {
    if (kind !== undefined) push(kind, content);
    advance(at + text.length);
  };
  /** The text of a template up to its end or its next expression. */
  const template = (opened: number) => {
    const text = match(/(?:\\[\s\S]|\$(?!\{)|[^\\`$])*(?:`|\$\{)/y) ?? source.slice(at);
    if (text.endsWith("${")) braces.push(true);
    take("other", text, source.slice(opened, at) + text);
  };

  while (at < source.length) {
    const skipped = match(/\s+|\/\/.*|\/\*[\s\S]*?\*\//y);
    if (skipped !== undefined) {
      take(undefined, skipped);
      continue;
    }
    const name = match(/[\p{ID_Start}$_#][\p{ID_Continue}$]*/uy);
    const quoted = match(/"(?:\\[\s\S]|[^"\\])*"|'(?:\\[\s\S]|[^'\\])*'/y);
    const number = match(/\d[\w.]*/y);
    const regex = startsExpression(tokens.at(-1)) ? match(/\/(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\[\n])+\/[a-z]*/y) : undefined;
    if (name !== undefined) take("name", name);
    else if (quoted !== undefined) take("string", quoted, quoted.slice(1, -1));
    else if (number !== undefined || regex !== undefined) take("other", (number ?? regex) as string);
    else if (source[at] === "`") {
      const opened = at;
      at++;
      template(opened);
    } else if (source[at] === "}" && braces.pop() === true) {
      const opened = at;
      at++;
      template(opened);
    } else {
      if (source[at] === "{") braces.push(false);
      take("other", match(/\?\.|\.\.\./y) ?? (source[at] as string));
    }
  }
  return tokens;
}

/** Whether a slash after this token begins a regular expression, not a division. */
function startsExpression(before: Token | undefined): boolean {
  if (before === undefined) return true;
  if (before.kind === "string") return false;
  if (before.kind === "name") return /^(return|typeof|case|in|of|delete|void|throw|new|else|do|await|yield)$/.test(before.text);
  return !/[\w)\]}`/]$/.test(before.text);
}
