// The mutants of a source file, enumerated from its syntax tree: each is one small change that some test should notice.
import { parseSync, Visitor } from "rolldown/utils";

/** Objects that stand for enumerations: a member is swapped for the next one. */
const ENUMERATIONS = new Set(["Input", "Effect", "Local", "Remote", "Over", "Handler"]);
const COMPARISONS = { "<": "<=", "<=": "<", ">": ">=", ">=": ">" };
const EQUALITIES = { "===": "!==", "!==": "===" };
const LOGICAL = { "&&": "||", "||": "&&" };

/**
 * `{ file, within, line, column, text, from, to, start, end, becomes, statement }` for every mutant: `within` (the function or method), `text`, `from` and
 * `to` are for people; `[start, end)` of the source is the expression or statement that `becomes` another. `members`: of the enumerations, by name.
 */
export function mutantsOf(file, source, members) {
  const { program, errors } = parseSync(file, source);
  if (errors.length > 0) throw new Error(`${file}: ${errors[0].message}`);
  const found = [];
  const lineStarts = [0];
  for (let at = source.indexOf("\n"); at >= 0; at = source.indexOf("\n", at + 1)) lineStarts.push(at + 1);
  const textOf = ({ start, end }) => source.slice(start, end);
  /** The part of a node that changes, and to what. */
  const add = (node, part, to, statement = false) => {
    const line = lineStarts.findLastIndex((at) => at <= part.start);
    const text = source.slice(lineStarts[line], lineStarts[line + 1] ?? source.length).trim();
    const where = { file, line: line + 1, column: part.start - lineStarts[line] + 1, text };
    const becomes = source.slice(node.start, part.start) + to + source.slice(part.end, node.end);
    found.push({ ...where, from: textOf(part).trim(), to: to.trim(), start: node.start, end: node.end, becomes, statement });
  };
  const tests = new Set();
  const condition = (test) => {
    tests.add(test);
    add(test, test, `!(${textOf(test)})`);
  };
  const early = (statement) => {
    const last = statement.type === "BlockStatement" ? statement.body.at(-1) : statement;
    if (last?.type === "ReturnStatement") add(last, last, ";", true);
  };
  new Visitor({
    IfStatement({ test, consequent, alternate }) {
      condition(test);
      if (alternate === null) early(consequent);
    },
    WhileStatement: ({ test }) => condition(test),
    ForStatement: ({ test }) => test !== null && condition(test),
    ConditionalExpression: ({ test }) => condition(test),
    LogicalExpression(node) {
      const to = LOGICAL[node.operator];
      if (to !== undefined) add(node, node, `(${textOf(node.left)}) ${to} (${textOf(node.right)})`);
    },
    BinaryExpression(node) {
      const between = { start: node.left.end, end: node.right.start };
      const swap = COMPARISONS[node.operator] ?? (tests.has(node) ? undefined : EQUALITIES[node.operator]);
      if (swap !== undefined) add(node, between, textOf(between).replace(node.operator, swap));
    },
    ExpressionStatement(node) {
      let { expression } = node;
      if (expression.type === "UnaryExpression" && expression.operator === "void") expression = expression.argument;
      if (expression.type === "AwaitExpression") expression = expression.argument;
      if (expression.type === "ChainExpression") expression = expression.expression;
      // without super() there is no object
      if (expression.type === "CallExpression" && expression.callee.type !== "Super") add(node, node, ";", true);
    },
    ReturnStatement({ argument }) {
      if (argument?.type !== "Literal") return;
      if (typeof argument.value === "boolean") add(argument, argument, String(!argument.value));
      else if (typeof argument.value === "number") add(argument, argument, String(argument.value + 1));
    },
    MemberExpression(node) {
      const { object, property, computed } = node;
      if (computed || object.type !== "Identifier" || !ENUMERATIONS.has(object.name)) return;
      const names = members[object.name] ?? [];
      const at = names.indexOf(property.name);
      if (at >= 0 && names.length > 1) add(node, property, names[(at + 1) % names.length]);
    },
  }).visit(program);
  const functions = functionsOf(program);
  for (const mutant of found)
    mutant.within = functions.findLast(({ start, end }) => start <= mutant.start && mutant.end <= end)?.name ?? "";
  return found.sort((a, b) => a.start - b.start || a.end - b.end);
}

/** The functions and methods that have a name, the inner ones after those around them. */
function functionsOf(program) {
  const functions = [];
  const keep = ({ start, end }, { name }) => void functions.push({ start, end, name });
  new Visitor({
    FunctionDeclaration: (node) => keep(node, node.id),
    MethodDefinition: (node) => keep(node, node.key),
  }).visit(program);
  return functions;
}

/** The members of the enumerations that a file declares. */
export function membersOf(file, source) {
  const members = {};
  new Visitor({
    VariableDeclarator({ id, init }) {
      if (id.type !== "Identifier" || !ENUMERATIONS.has(id.name)) return;
      const object = init?.type === "TSAsExpression" ? init.expression : init;
      if (object?.type === "ObjectExpression") members[id.name] = object.properties.map(({ key }) => key.name);
    },
  }).visit(parseSync(file, source).program);
  return members;
}

/** The source with all of its mutants in it: `$is(id)` is asked at each place whether this is the one that counts. */
export function withMutants(source, mutants) {
  const list = [...mutants].sort((a, b) => a.start - b.start || b.end - a.end || Number(b.statement) - Number(a.statement));
  return emit(source, 0, source.length, list);
}

function emit(source, from, to, list) {
  let text = "";
  let at = from;
  for (let index = 0; index < list.length; ) {
    const { start, end, statement } = list[index];
    const inside = [];
    const here = [];
    for (; index < list.length && list[index].start < end; index++) {
      const mutant = list[index];
      (mutant.start === start && mutant.end === end && mutant.statement === statement ? here : inside).push(mutant);
    }
    text += source.slice(at, start) + choice(here, emit(source, start, end, inside), statement);
    at = end;
  }
  return text + source.slice(at, to);
}

function choice(mutants, otherwise, statement) {
  if (statement) return `{${mutants.map(({ id, becomes }) => `if ($is(${id})) {${becomes}} else `).join("")}{${otherwise}}}`;
  return `(${mutants.map(({ id, becomes }) => `$is(${id}) ? (${becomes}) : `).join("")}(${otherwise}))`;
}
