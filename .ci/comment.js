// Writes the verdict of a gate into one comment of its pull request. `.github/workflows/comment.yml` calls it.
//
// The artifact was made by code of the pull request, so nothing in it is trusted: two files are read from it, within
// bounds, and nothing is extracted or executed. The pull request is found by the head commit of the run, which GitHub
// states; the number in the artifact must agree with it.
'use strict';

const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');

const MARKER = '<!-- harness-gate -->';
const ARTIFACT = 'gate-pull-request';
// The account of a workflow's token. Comments of other accounts are left alone.
const AUTHOR = 'github-actions[bot]';
const MOST_BYTES = 100 * 1024 * 1024;
// A comment has at most 65,536 characters; the rest is for the marker and the last line.
const MOST_CHARACTERS = 65_000;

/// Creates or updates the comment, and returns its body. Returns null if there is nothing to comment on.
async function comment({ github, context, core }) {
  const run = context.payload.workflow_run;
  const { owner, repo } = context.repo;
  const artifact = await newestArtifact(github, { owner, repo, run_id: run.id });
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
  const found = await pullRequest(github, { owner, repo }, run);
  if (!found) {
    core.notice(`No open pull request has the head commit ${run.head_sha}: a newer commit was pushed, or it was closed.`);
    return null;
  }
  if (found.number !== claimed) {
    throw new Error(`the artifact is for pull request ${claimed}, but the run's head commit belongs to ${found.number}`);
  }
  const link = `[this run](${run.html_url})`;
  const note = `<sub>Commit ${run.head_sha.slice(0, 12)}, measured by ${link}: its artifact has the measurements and flame graphs.</sub>`;
  const body = `${MARKER}\n${text}\n${note}\n`;
  await write(github, { owner, repo, issue_number: found.number }, body);
  return body;
}

async function newestArtifact(github, place) {
  const artifacts = await github.paginate(github.rest.actions.listWorkflowRunArtifacts, { ...place, per_page: 100 });
  const named = artifacts.filter((one) => one.name === ARTIFACT && !one.expired);
  return named.sort((a, b) => b.id - a.id)[0];
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

module.exports = { comment, MARKER, ARTIFACT };
