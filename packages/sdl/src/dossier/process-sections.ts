import type { DossierData } from "./dossier-data.ts";
import { type Html, html } from "./html.ts";
import { digest, facts, lines, redFirst, shortDigest, state, table, tintOf } from "./page-parts.ts";
import { rowsTable } from "./summary-section.ts";

export function practiceSection({ gates, practiceRows }: DossierData): Html {
  const groups = [...new Set(practiceRows.map(({ group }) => group))];
  return html`<h2 id="practices">Practices of 62443-4-1</h2>
${table(
  "Release gate",
  ["gate", "what", "state", "why not"],
  gates.map(({ id, title, state: word, rule, problem }) => ({
    cells: [id, title, state(word), rule === undefined ? undefined : html`<code>${rule}</code> ${problem}`],
    ...tintOf(word),
  })),
)}
<p>Practised: a run, a review or a drill was recorded. Documented: it is written down, and nothing shows that it is done.</p>
${groups.map((group) => {
  const rows = practiceRows.filter((row) => row.group === group);
  const passed = rows.filter(({ state: word }) => word === "pass" || word === "waived").length;
  return rowsTable(`${group}: ${passed} of ${rows.length} pass`, redFirst(rows));
})}`;
}

export function componentSection({ componentRows }: DossierData): Html {
  return html`<h2 id="component">Rows of 62443-4-2</h2>
<p>Met: shown by evidence on these very images. By integration: a measure of the guide stands in. Not applicable: above what is aimed at, or decided in the statement of applicability.</p>
${[...new Set(componentRows.map(({ group }) => group))].map((group) => rowsTable(group, redFirst(componentRows.filter((row) => row.group === group))))}`;
}

export function threatSection({ threats }: DossierData): Html {
  return html`<h2 id="threats">Threats and the tests of their mitigations</h2>
${table(
  "Threat to test",
  ["threat", "rating", "treatment", "mitigations", "tests on these images", "reviewed"],
  threats.map(({ id, title, rating, treatment, mitigations, tests, reviewed }) => {
    const untested =
      tests.some(({ outcome }) => outcome !== "passed") || (treatment === "mitigate" && tests.length === 0);
    return {
      cells: [
        html`${id}<br>${title}`,
        rating,
        treatment,
        mitigations.map(
          (one) => html`${one.id} (${one.layer})${one.statement === undefined ? "" : `: ${one.statement}`}<br>`,
        ),
        tests.map(
          ({ id: test, outcome, record }) =>
            html`${test}: ${state(outcome)} ${record === undefined ? "" : shortDigest(record)}<br>`,
        ),
        reviewed,
      ],
      ...(untested ? { tint: "red" as const } : {}),
    };
  }),
)}`;
}

export function updateSection({ matrix, qualification, updateDoc }: DossierData): Html {
  return html`<h2 id="update">Update: qualification and instructions</h2>
${table(
  "Qualification matrix: every supported way to this release",
  ["from version", "hardware", "configuration", "result", "run"],
  [...matrix]
    .sort((a, b) => (a.result === b.result ? 0 : a.result === "passed" ? 1 : b.result === "passed" ? -1 : 0))
    .map(({ from, hw, configuration, result, run }) => ({
      cells: [from, hw, configuration, state(result), run],
      ...tintOf(result),
    })),
)}
${
  qualification === undefined
    ? html`<p class="notice">There is no qualification record.</p>`
    : facts([
        [
          "Regression",
          html`${state(qualification.regression.result)} ${qualification.regression.run}, ${qualification.regression.date}, suite ${digest(qualification.regression.suite)}`,
        ],
        ["Downgrade test", html`${state(qualification.rollback_test.result)} ${qualification.rollback_test.run}`],
        ["Power-cut test", html`${state(qualification.power_cut_test.result)} ${qualification.power_cut_test.run}`],
        [
          "Vulnerability scan",
          html`${state(qualification.vulnerability_scan.result)} ${qualification.vulnerability_scan.date}, database of ${qualification.vulnerability_scan.database}`,
        ],
        ["Looked at for side effects", qualification.side_effects.checked.join("; ")],
        ["Found", qualification.side_effects.found.join("; ") || "nothing"],
        ["Contradicting requirements", qualification.contradicting_requirements],
        [
          "Tester, approver",
          `${qualification.tester}, ${qualification.approver}: ${qualification.decision}, ${qualification.decided}`,
        ],
      ])
}
<h3>What the plant must know</h3>
${
  updateDoc === undefined
    ? html`<p class="notice">There is no update document.</p>`
    : facts([
        ["Applies to", updateDoc.applies_to.map(({ version, hw }) => `${version} on ${hw}`).join(", ")],
        ["Delivered", updateDoc.delivered],
        ["Before", lines(updateDoc.prerequisites)],
        ["Automatic steps", lines(updateDoc.automatic_steps)],
        ["By hand", lines(updateDoc.manual_steps)],
        ["Restart", `${updateDoc.effects.restart}; ${updateDoc.effects.outputs}; ${updateDoc.effects.duration}`],
        ["Configuration lost", updateDoc.effects.configuration_loss],
        [
          "To see that it is installed",
          `${updateDoc.verify_installed.command}: ${updateDoc.verify_installed.expected}`,
        ],
        ["Risk of not installing", updateDoc.not_installing.risk],
        ["Meanwhile", updateDoc.not_installing.workaround],
        ["Taking it back", updateDoc.removal],
        ["Contact", updateDoc.contact],
      ])
}`;
}

export function defectSection({ issues, timeliness, waivers }: DossierData): Html {
  return html`<h2 id="issues">Issues, deadlines and waivers</h2>
${table(
  "Timeliness against the policy",
  ["class", "issues", "in time", "missed or late", "median days", "90 of 100 within days"],
  timeliness.map((one) => ({
    cells: [one.class, one.issues, one.inTime, one.missed, one.median, one.p90],
    ...(one.missed > 0 ? { tint: "red" as const } : {}),
  })),
)}
${table(
  "Issues",
  ["issue", "class", "state", "in this release", "known since", "deadlines"],
  issues.map(({ id, title, severity, state: word, inThisRelease, awareAt, deadlines }) => ({
    cells: [
      html`${id}<br>${title ?? "not told before its advisory"}`,
      severity ?? "not triaged",
      word,
      inThisRelease ?? "not stated",
      awareAt,
      deadlines.map(
        (one) =>
          html`${one.duty} (${one.source}): ${state(one.state)}, due ${one.due.slice(0, 16)}${one.done === undefined ? "" : `, done ${one.done.slice(0, 16)}`}<br>`,
      ),
    ],
    ...(deadlines.some((one) => one.state === "missed") ? { tint: "red" as const } : {}),
  })),
)}
${table(
  "Waivers",
  ["waiver", "covers", "reason", "risk", "approved by", "expires", "in use here"],
  waivers.map(({ id, covers, reason, risk, approver, expires, used }) => ({
    cells: [id, covers, reason, risk, approver, expires, used],
    ...(used === "yes" ? { tint: "amber" as const } : {}),
  })),
)}`;
}

export function annexSection({ annex }: DossierData): Html {
  return html`<h2 id="cra">Regulation (EU) 2024/2847, Annex I</h2>
<p>An index for an assessor, in our own words: which judged rows bear on which item. It is no statement of conformity.</p>
${table(
  "Annex I",
  ["item", "duty", "state", "rows", "beside them"],
  annex.map(({ id, duty, state: word, judged, beside }) => ({
    cells: [id, duty, state(word), judged.map((row) => html`${row.id}: ${state(row.state)}<br>`), beside],
    ...tintOf(word),
  })),
)}`;
}

export function keySection({ keys, evidence, files }: DossierData): Html {
  return html`<h2 id="evidence">Evidence</h2>
${table(
  "Signed records",
  ["record", "kind, rows", "who, role", "made, valid until", "result", "SHA-256 of the envelope"],
  evidence.map((one) => ({
    cells: [
      html`<span id="record-${one.sha256}">${one.file ?? `${one.id}: kept back`}</span>`,
      `${one.kind}: ${one.rows.join(", ")}`,
      `${one.person}, ${one.role}`,
      `${one.producedAt}, ${one.validUntil}`,
      html`${state(one.outcome)} ${one.summary}${one.fault === undefined ? undefined : html`<br>${state("fail")} ${one.fault}`}`,
      digest(one.sha256),
    ],
    ...(one.fault === undefined ? {} : { tint: "red" as const }),
  })),
)}
<h2 id="keys">Keys</h2>
<p>Compare the key ids with those you got by another way, such as the delivery sheet: whoever could forge this page could forge its keys too.</p>
${table(
  "Public keys",
  ["key id", "held by", "roles", "kept in", "valid"],
  keys.map(({ kid, holders, roles, storage, validFrom, validUntil, revoked }) => ({
    cells: [
      digest(kid),
      holders.join(", "),
      roles.join(", "),
      storage,
      `${validFrom} to ${validUntil}${revoked === undefined ? "" : `, revoked ${revoked}`}`,
    ],
    ...(revoked === undefined ? {} : { tint: "red" as const }),
  })),
)}
<h2 id="files">Files of this dossier</h2>
${table(
  "Files",
  ["file", "bytes", "SHA-256"],
  files.map(({ path, size, sha256 }) => ({ cells: [path, size, digest(sha256)] })),
)}`;
}
