// Writes the verdict of a gate into one comment of its pull request. `.github/workflows/comment.yml` and `action.yml` call
// it.
//
// `comment` is for a workflow with write access that runs after the gate. The artifact was made by code of the pull
// request, so nothing in it is trusted: three files are read from it, within bounds, and nothing is extracted or executed.
// The pull request is found by the head commit of the run, which GitHub states; the number in the artifact must agree with
// it. `commentHere` is for the workflow of the gate itself, where code of the pull request has the same rights.
'use strict';

const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');

const MARKER = '<!-- harness-gate -->';
const ARTIFACT = 'gate-pull-request';
// The page of flame graphs is an artifact that is not zipped, so its address shows it.
const PAGE = 'gate.flame-graphs.html';
// The account of a workflow's token. Comments of other accounts are left alone.
const AUTHOR = 'github-actions[bot]';
const MOST_BYTES = 100 * 1024 * 1024;
// A comment has at most 65,536 characters; the rest is for the marker, the links and the last line.
const MOST_CHARACTERS = 65_000;
const MOST_IN_COMMENT = 65_536;
const MOST_GRAPHS = 8;
const MOST_OF_RESULTS = 16 * 1024 * 1024;

/// Creates or updates the comment, and returns its body. Returns null if there is nothing to comment on.
async function comment({ github, context, core }) {
  const run = context.payload.workflow_run;
  const { owner, repo } = context.repo;
  const artifacts = await newestArtifacts(github, { owner, repo, run_id: run.id });
  const artifact = artifacts.get(ARTIFACT);
  if (!artifact) {
    core.notice(`The run has no artifact ${ARTIFACT}.`);
    return null;
  }
  if (artifact.size_in_bytes > MOST_BYTES) {
    throw new Error(`the artifact has ${artifact.size_in_bytes} bytes, more than ${MOST_BYTES}`);
  }
  const archive = await download(github, { owner, repo, artifact_id: artifact.id });
  const claimed = number(read(archive, 'pull-request', 16));
  const text = readable(read(archive, 'comment.md', 4 * MOST_CHARACTERS));
  const page = artifacts.get(PAGE);
  const graphs = page ? flameGraphs(() => read(archive, 'results.json', MOST_OF_RESULTS)) : [];
  const found = await pullRequest(github, { owner, repo }, run);
  if (!found) {
    core.notice(`No open pull request has the head commit ${run.head_sha}: a newer commit was pushed, or it was closed.`);
    return null;
  }
  if (found.number !== claimed) {
    throw new Error(`the artifact is for pull request ${claimed}, but the run's head commit belongs to ${found.number}`);
  }
  const address = page && `${run.html_url}/artifacts/${page.id}`;
  const body = bodyOf(text, { graphs, page: address, commit: run.head_sha, run: run.html_url });
  await write(github, { owner, repo, issue_number: found.number }, body);
  return body;
}

/// The same from the workflow of the gate, whose results are in a folder. `page` is the address of the flame graphs, if
/// they were kept.
async function commentHere({ github, context, core, folder, page }) {
  const pull = context.payload.pull_request;
  if (!pull) {
    core.notice('There is no pull request to comment on.');
    return null;
  }
  const { owner, repo } = context.repo;
  const file = (name) => fs.readFileSync(path.join(folder, name), 'utf8');
  const text = readable(file('comment.md'));
  const graphs = page ? flameGraphs(() => file('results.json')) : [];
  const run = `${context.serverUrl}/${owner}/${repo}/actions/runs/${context.runId}`;
  const body = bodyOf(text, { graphs, page, commit: pull.head.sha, run });
  await write(github, { owner, repo, issue_number: pull.number }, body);
  return body;
}

/// The comment: the headline, one click to each flame graph, everything else, and the origin.
function bodyOf(text, { graphs, page, commit, run }) {
  const note = `<sub>Commit ${commit.slice(0, 12)}, measured by [this run](${run}): its artifacts have the measurements and flame graphs.</sub>`;
  const [headline, ...rest] = text.split('\n\n');
  const links = graphs.map((graph) => `[${graph.title}](${page}#${graph.anchor})`).join(' · ');
  const candidates = page ? [`Flame graphs, base → head: ${links}`, `[Flame graphs, base → head](${page})`] : [];
  if (graphs.length === 0) {
    candidates.shift();
  }
  const bodies = [...candidates, ''].map((line) => {
    const parts = line ? [headline, line, ...rest] : [headline, ...rest];
    return `${MARKER}\n${parts.join('\n\n')}\n${note}\n`;
  });
  return bodies.find((body) => [...body].length <= MOST_IN_COMMENT) ?? bodies.at(-1);
}

/// Titles and anchors of the flame graphs in the JSON export. A file that is missing or wrong has none.
function flameGraphs(file) {
  let graphs;
  try {
    graphs = JSON.parse(file()).flame_graphs;
  } catch {
    return [];
  }
  if (!Array.isArray(graphs)) {
    return [];
  }
  const isGraph = (one) =>
    typeof one?.workload === 'string' && typeof one?.phase === 'string' && /^g[0-9]{1,3}$/.test(one?.anchor ?? '');
  return graphs
    .filter(isGraph)
    .slice(0, MOST_GRAPHS)
    .map((one) => ({ anchor: one.anchor, title: plain(`${one.workload} (${one.phase})`) }));
}

/// A short text without any syntax of Markdown or HTML.
function plain(text) {
  return [...text.replace(/[^\P{Cc}]/gu, ' ')].slice(0, 60).join('').replace(/[\\`*_[\]()#~<>&@|!]/g, (c) => `&#${c.codePointAt(0)};`);
}

/// The newest artifact of each name.
async function newestArtifacts(github, place) {
  const artifacts = await github.paginate(github.rest.actions.listWorkflowRunArtifacts, { ...place, per_page: 100 });
  const usable = artifacts.filter((one) => !one.expired).sort((a, b) => a.id - b.id);
  return new Map(usable.map((one) => [one.name, one]));
}

async function download(github, place) {
  const { data } = await github.rest.actions.downloadArtifact({ ...place, archive_format: 'zip' });
  const folder = fs.mkdtempSync(path.join(process.env.RUNNER_TEMP ?? os.tmpdir(), 'gate-'));
  const archive = path.join(folder, 'artifact.zip');
  fs.writeFileSync(archive, Buffer.from(data));
  return archive;
}

/// The text of a file in the archive. A longer file is an error.
function read(archive, name, mostBytes) {
  try {
    return execFileSync('unzip', ['-p', archive, name], { maxBuffer: mostBytes, encoding: 'utf8' });
  } catch (error) {
    const why = error.code === 'ENOBUFS' ? `is longer than ${mostBytes} bytes` : 'cannot be read';
    throw new Error(`${name} in the artifact ${why}`);
  }
}

function number(text) {
  if (!/^[1-9][0-9]{0,9}\n?$/.test(text)) {
    throw new Error('pull-request in the artifact is not a number');
  }
  return Number(text);
}

/// The Markdown without control characters, hidden comments, and mentions, which would notify people.
function readable(text) {
  const visible = text
    .replace(/[^\P{Cc}\n\t]/gu, '')
    .replaceAll('<!--', '&lt;!--')
    .replace(/(^|[^\w])@(?=\w)/g, '$1@\u200b');
  if (visible.trim() === '' || [...visible].length > MOST_CHARACTERS) {
    throw new Error(`comment.md in the artifact is empty or longer than ${MOST_CHARACTERS} characters`);
  }
  return visible;
}

/// The open pull request of the run's head commit. The event lists none if the head is in a fork, so it is found by the
/// branch of the fork.
async function pullRequest(github, place, run) {
  const fork = run.head_repository?.owner?.login;
  if (!fork || !run.head_branch) {
    return undefined;
  }
  const head = `${fork}:${run.head_branch}`;
  const open = await github.paginate(github.rest.pulls.list, { ...place, state: 'open', head, per_page: 100 });
  return open.find((one) => one.head.sha === run.head_sha);
}

async function write(github, place, body) {
  const comments = await github.paginate(github.rest.issues.listComments, { ...place, per_page: 100 });
  const { owner, repo } = place;
  const old = comments.find((one) => one.user?.login === AUTHOR && one.body?.startsWith(MARKER));
  if (old) {
    await github.rest.issues.updateComment({ owner, repo, comment_id: old.id, body });
  } else {
    await github.rest.issues.createComment({ ...place, body });
  }
}

module.exports = { comment, commentHere, MARKER, ARTIFACT, PAGE };
