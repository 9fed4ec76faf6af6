// @huggingface/hub: lists repositories and files, reads one whole and in part, uploads one.
import assert from "node:assert/strict";
import { createRepo, downloadFile, fileExists, listFiles, listModels, uploadFile } from "@huggingface/hub";

const [, , , name] = process.argv;
const hub = { hubUrl: process.env.HF_ENDPOINT, accessToken: `hf_${process.env.HF_TOKEN}` }; // it sends no token without this prefix
const repo = { type: "model", name };
await createRepo({ ...hub, repo, private: true });
const text = "hello from JavaScript\n";
await uploadFile({ ...hub, repo, file: { path: "hello.txt", content: new Blob([text]) } });
const [owner] = name.split("/");
const names = [];
for await (const one of listModels({ ...hub, search: { owner } })) names.push(one.name);
assert(names.includes(name), `${name} is not among ${names}`);
const files = [];
for await (const one of listFiles({ ...hub, repo, recursive: true })) files.push(one.path);
assert(files.includes("hello.txt"));
assert(await fileExists({ ...hub, repo, path: "hello.txt" }));
assert(!(await fileExists({ ...hub, repo, path: "nothing.txt" })));
const blob = await downloadFile({ ...hub, repo, path: "hello.txt" });
assert.equal(await blob.text(), text);
const weights = new Uint8Array(3_000_000).map((_, index) => (index * 7919) % 251);
await uploadFile({ ...hub, repo, file: { path: "weights.bin", content: new Blob([weights]) } });
const back = new Uint8Array(await (await downloadFile({ ...hub, repo, path: "weights.bin" })).arrayBuffer());
assert.deepEqual(Buffer.from(back), Buffer.from(weights));
