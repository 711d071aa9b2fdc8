// Puts a gzip and a brotli copy beside each file of the build, so that the server never compresses anything itself.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const dir = new URL("../dist/assets", import.meta.url).pathname;
let total = 0;
for (const name of readdirSync(dir)) {
  if (!/\.(js|css|svg|json)$/.test(name)) continue;
  const text = readFileSync(join(dir, name));
  const zipped = gzipSync(text, { level: 9 });
  writeFileSync(join(dir, `${name}.gz`), zipped);
  writeFileSync(
    join(dir, `${name}.br`),
    brotliCompressSync(text, {
      params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: text.length },
    }),
  );
  total += zipped.length;
}
process.stdout.write(`ui: ${Math.round(total / 1024)} KiB of assets with gzip\n`);
