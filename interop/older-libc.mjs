// A program that was linked against a newer glibc than this machine has, made to start here all the same. The runner of the Protocol Buffers
// conformance suite asks for glibc 2.38 and for what came with GCC 13, and Debian 12 has 2.36: for the sake of five names. Four of them read
// numbers, and differ from the old ones in `0b101` alone; the fifth sets up std::cout.
import { execFile } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** The versions whose names STAND_INS has. */
const VERSIONS = ["GLIBC_2.38", "GLIBCXX_3.4.32"];
const STAND_INS = `#include <cstdlib>
#include <iostream>
extern "C" {
long __isoc23_strtol(const char *text, char **end, int base) { return strtol(text, end, base); }
unsigned long __isoc23_strtoul(const char *text, char **end, int base) { return strtoul(text, end, base); }
long long __isoc23_strtoll(const char *text, char **end, int base) { return strtoll(text, end, base); }
unsigned long long __isoc23_strtoull(const char *text, char **end, int base) { return strtoull(text, end, base); }
void _ZSt21ios_base_library_initv() {}
}
`;
/** Of ELF: the section that says which versions of which library are needed, and the flag of one that may be missing. */
const SHT_GNU_VERNEED = 0x6ffffffe;
const VER_FLG_WEAK = 2;

/**
 * Nothing, when the program starts as it is. Else it is changed in its place so that it does with a library preloaded, which is compiled into
 * `folder`: the path of that. Throws an Error that says what is missing.
 */
export async function startHere(program, folder) {
  const missing = await missingVersions(program);
  if (missing.length === 0) return undefined;
  const unknown = missing.filter((version) => !VERSIONS.includes(version));
  if (unknown.length > 0) throw new Error(`it was linked against ${unknown.join(", ")}, which this system does not have`);
  const [source, library] = [join(folder, "older-libc.cc"), join(folder, "older-libc.so")];
  writeFileSync(source, STAND_INS);
  await run("c++", ["-shared", "-fPIC", "-O1", "-o", library, source]).catch((error) => {
    throw new Error(`this system lacks ${missing.join(", ")}, and no C++ compiler makes up for it (${error.message.split("\n")[0]})`);
  });
  const bytes = readFileSync(program);
  weaken(bytes, missing);
  writeFileSync(program, bytes);
  return library;
}

/** The versions that the loader does not find; it names them and ends. */
async function missingVersions(program) {
  const said = await run(program, ["--help"]).catch((error) => {
    if (error.stderr === undefined) throw error;
    return error;
  });
  return [...new Set([...said.stderr.matchAll(/version `([\w.]+)' not found/g)].map(([, version]) => version))];
}

/** Marks versions in a program's ELF file (64 bits, little-endian) so that their lack does not keep it from starting. */
function weaken(bytes, versions) {
  const [table, size, count] = [Number(bytes.readBigUInt64LE(0x28)), bytes.readUInt16LE(0x3a), bytes.readUInt16LE(0x3c)];
  const offsetOf = (section) => Number(bytes.readBigUInt64LE(section + 0x18));
  for (let section = table; section < table + count * size; section += size) {
    if (bytes.readUInt32LE(section + 4) !== SHT_GNU_VERNEED) continue;
    const names = offsetOf(table + bytes.readUInt32LE(section + 0x28) * size);
    let library = offsetOf(section);
    for (let libraries = bytes.readUInt32LE(section + 0x2c); libraries > 0; libraries--) {
      let version = library + bytes.readUInt32LE(library + 8);
      for (let rest = bytes.readUInt16LE(library + 2); rest > 0; rest--) {
        const name = names + bytes.readUInt32LE(version + 8);
        if (versions.includes(bytes.toString("latin1", name, bytes.indexOf(0, name)))) {
          bytes.writeUInt16LE(bytes.readUInt16LE(version + 4) | VER_FLG_WEAK, version + 4);
        }
        version += bytes.readUInt32LE(version + 12);
      }
      library += bytes.readUInt32LE(library + 12);
    }
  }
}
