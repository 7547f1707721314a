import { parsePolicy, serverProfile } from "@sallyport/policy";
import { diff, coverage } from "@sallyport/analysis";
const profile = serverProfile(); if ("error" in profile) throw 0;
function load(hba, ident = "") { const disk = { files: new Map([["/hba", { bytes: hba }], ["/ident", {bytes: ident}]]), directories: new Map(), zones: new Map(), hosts: new Map() };
 const r = parsePolicy({ hbaFileName: "/hba", identFileName: "/ident", profile }, disk); if (!r.policy) throw new Error(r.problems[0].text); return r.policy; }
const many = (n, f) => Array.from({ length: n }, (_, i) => f(i));
const cases = {
 "groups and regexes": many(40, (k) => `host ${many(20, (i) => `/^d${i}_${k}`).join(",")} ${many(20, (i) => `+g${i}_${k}`).join(",")} 10.0.0.0/8 md5\n`).join(""),
 "same groups and regexes": many(40, (k) => `host ${many(10, (i) => `/^d${(i*k)%17}`).join(",")} ${many(10, (i) => `+g${(i+k)%17}`).join(",")} 10.${k}.0.0/12 md5\n`).join("") ,
 "gaps": many(200, (k) => `host all all 10.${k}.0.${k} 255.0.${k}.255 md5\n`).join("") + "host all all all trust\n",
 "24s": many(3000, (k) => `host all all 10.${k>>8}.${k&255}.0/24 md5\n`).join("") + many(20, (k) => `host db${k} all 10.0.0.0/13 trust\n`).join(""),
 "regex unions": many(60, (k) => `host all /[${String.fromCharCode(97+k%26)}]{1,${1+k%5}}.*x${k}$ all md5\n`).join("") + "host all all all trust\n",
 "dots": many(12, (k) => `host all /a.{${k}}$ all md5\n`).join("") + "host all /a all trust\n",
};
for (const [name, hba] of Object.entries(cases)) {
  let t = performance.now(); const counts = {};
  for (const one of coverage(load(hba), { catalogue: null, interfaces: null })) counts[one.status] = (counts[one.status] ?? 0) + 1;
  const c = performance.now() - t; t = performance.now();
  const d = diff(load(hba), load(hba.replaceAll("md5", "scram-sha-256")), { catalogue: null, interfaces: null });
  console.log(name, { coverage: Math.round(c), counts, diff: Math.round(performance.now() - t), changes: d.changes.length, undecided: d.undecided.length });
}
