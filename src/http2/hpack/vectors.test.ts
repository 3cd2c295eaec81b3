import assert from "node:assert/strict";
import { test } from "node:test";
import { Field, type Fields } from "../../base/field.js";
import { HpackDecoder } from "./decoder.js";
import { HpackEncoder } from "./encoder.js";
import { readInteger, writeInteger } from "./integer.js";

/** The examples of RFC 7541 appendix C. */

const LIMITS = { maxListBytes: 16_384, maxFields: 100 };

function bytes(hex: string): Uint8Array {
  const digits = hex.replace(/\s/g, "");
  return Uint8Array.from({ length: digits.length / 2 }, (_, i) => Number.parseInt(digits.slice(i * 2, i * 2 + 2), 16));
}

function lines(fields: Fields): string[] {
  return fields.map((field) => `${field.name}: ${field.value}`);
}

test("C.1 integers", () => {
  for (const [value, mask, hex] of [
    [10, 0x1f, "0a"],
    [1337, 0x1f, "1f9a0a"],
    [42, 0xff, "2a"],
  ] as const) {
    const out = new Uint8Array(8);
    const end = writeInteger(out, 0, 0, mask, value);
    assert.deepEqual(out.slice(0, end), bytes(hex));
    const cursor = { bytes: out, at: 0, end };
    assert.equal(readInteger(cursor, mask), value);
    assert.equal(cursor.at, end);
  }
});

test("C.2 single fields", () => {
  for (const [hex, line, sensitive] of [
    ["400a 6375 7374 6f6d 2d6b 6579 0d63 7573 746f 6d2d 6865 6164 6572", "custom-key: custom-header", false],
    ["040c 2f73 616d 706c 652f 7061 7468", ":path: /sample/path", false],
    ["1008 7061 7373 776f 7264 0673 6563 7265 74", "password: secret", true],
    ["82", ":method: GET", false],
  ] as const) {
    const block = bytes(hex);
    const fields = new HpackDecoder(LIMITS).decode(block, 0, block.length);
    assert.deepEqual(lines(fields), [line]);
    assert.equal(fields[0]?.sensitive, sensitive);
  }
});

const REQUESTS = [
  [":method: GET", ":scheme: http", ":path: /", ":authority: www.example.com"],
  [":method: GET", ":scheme: http", ":path: /", ":authority: www.example.com", "cache-control: no-cache"],
  [":method: GET", ":scheme: https", ":path: /index.html", ":authority: www.example.com", "custom-key: custom-value"],
];

const DATE = "date: Mon, 21 Oct 2013 20:13:21 GMT";
const LOCATION = "location: https://www.example.com";
const RESPONSES = [
  [":status: 302", "cache-control: private", DATE, LOCATION],
  [":status: 307", "cache-control: private", DATE, LOCATION],
  [
    ":status: 200",
    "cache-control: private",
    "date: Mon, 21 Oct 2013 20:13:22 GMT",
    LOCATION,
    "content-encoding: gzip",
    "set-cookie: foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1",
  ],
];

const SEQUENCES: readonly { readonly name: string; readonly tableSize: number; readonly lists: string[][]; readonly blocks: string[] }[] = [
  {
    name: "C.3 requests without Huffman",
    tableSize: 4096,
    lists: REQUESTS,
    blocks: [
      "8286 8441 0f77 7777 2e65 7861 6d70 6c65 2e63 6f6d",
      "8286 84be 5808 6e6f 2d63 6163 6865",
      "8287 85bf 400a 6375 7374 6f6d 2d6b 6579 0c63 7573 746f 6d2d 7661 6c75 65",
    ],
  },
  {
    name: "C.4 requests with Huffman",
    tableSize: 4096,
    lists: REQUESTS,
    blocks: [
      "8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff",
      "8286 84be 5886 a8eb 1064 9cbf",
      "8287 85bf 4088 25a8 49e9 5ba9 7d7f 8925 a849 e95b b8e8 b4bf",
    ],
  },
  {
    name: "C.5 responses without Huffman",
    tableSize: 256,
    lists: RESPONSES,
    blocks: [
      `4803 3330 3258 0770 7269 7661 7465 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133 2032 303a 3133 3a32 3120 474d 546e 1768
       7474 7073 3a2f 2f77 7777 2e65 7861 6d70 6c65 2e63 6f6d`,
      "4803 3330 37c1 c0bf",
      `88c1 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133 2032 303a 3133 3a32 3220 474d 54c0 5a04 677a 6970 7738 666f 6f3d 4153
       444a 4b48 514b 425a 584f 5157 454f 5049 5541 5851 5745 4f49 553b 206d 6178 2d61 6765 3d33 3630 303b 2076 6572 7369 6f6e
       3d31`,
    ],
  },
  {
    name: "C.6 responses with Huffman",
    tableSize: 256,
    lists: RESPONSES,
    blocks: [
      `4882 6402 5885 aec3 771a 4b61 96d0 7abe 9410 54d4 44a8 2005 9504 0b81 66e0 82a6 2d1b ff6e 919d 29ad 1718 63c7 8f0b 97c8
       e9ae 82ae 43d3`,
      "4883 640e ffc1 c0bf",
      `88c1 6196 d07a be94 1054 d444 a820 0595 040b 8166 e084 a62d 1bff c05a 839b d9ab 77ad 94e7 821d d7f2 e6c7 b335 dfdf cd5b
       3960 d5af 2708 7f36 72c1 ab27 0fb5 291f 9587 3160 65c0 03ed 4ee5 b106 3d50 07`,
    ],
  },
];

for (const { name, tableSize, lists, blocks } of SEQUENCES) {
  test(name, () => {
    const decoder = new HpackDecoder(LIMITS);
    if (tableSize !== 4096) {
      decoder.setTableLimit(tableSize);
      const update = new Uint8Array(4);
      assert.deepEqual(decoder.decode(update, 0, writeInteger(update, 0, 0x20, 0x1f, tableSize)), []);
    }
    for (let i = 0; i < blocks.length; i++) {
      const block = bytes(blocks[i] as string);
      assert.deepEqual(lines(decoder.decode(block, 0, block.length)), lists[i]);
    }
  });
}

test("the encoder writes C.4 to the byte", () => {
  const encoder = new HpackEncoder();
  const sequence = SEQUENCES[1] as (typeof SEQUENCES)[number];
  for (let i = 0; i < sequence.blocks.length; i++) {
    const list = (sequence.lists[i] as string[]).map((line) => {
      const colon = line.indexOf(": ", 1);
      return new Field(line.slice(0, colon), line.slice(colon + 2));
    });
    const out = new Uint8Array(encoder.maxLength(list, []));
    assert.deepEqual(out.slice(0, encoder.encode(list, [], out, 0)), bytes(sequence.blocks[i] as string));
  }
});
