import type { Token } from "./tokens.js";

export interface Import {
  /** What stands between the quotes. */
  readonly specifier: string;
  readonly line: number;
}

/** Every module that a source file names: `import … from`, `import "…"`, `export … from`, `import("…")`, types included. */
export function importsOf(tokens: readonly Token[]): Import[] {
  const imports: Import[] = [];
  tokens.forEach((token, index) => {
    if (token.kind !== "string") return;
    const before = tokens[index - 1]?.text;
    const beforeThat = tokens[index - 2]?.text;
    const named = before === "from" || before === "import" || (before === "(" && (beforeThat === "import" || beforeThat === "require"));
    if (named) imports.push({ specifier: token.text, line: token.line });
  });
  return imports;
}

/** Where a relative specifier leads, as a path from the same root; undefined for a package or a `node:` module. */
export function resolveImport(fromFile: string, specifier: string): string | undefined {
  if (!specifier.startsWith(".")) return undefined;
  const parts = fromFile.split("/").slice(0, -1);
  for (const part of specifier.split("/")) {
    if (part === "..") {
      if (parts.pop() === undefined) return `../${specifier}`;
    } else if (part !== ".") parts.push(part);
  }
  return parts.join("/").replace(/\.js$/, ".ts");
}
