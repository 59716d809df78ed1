// Tests of `.ci/comment.js` with a stand-in for GitHub: `node --test .ci/comment.test.js`.
'use strict';

const assert = require('node:assert/strict');
const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { test } = require('node:test');

const { comment, MARKER, ARTIFACT } = require('./comment.js');

const SHA = '0123456789abcdef0123456789abcdef01234567';

/// An archive with these files.
function zip(files) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'comment-test-'));
  for (const [name, text] of Object.entries(files)) {
    fs.writeFileSync(path.join(folder, name), text);
  }
  execFileSync('python3', ['-m', 'zipfile', '-c', 'all.zip', ...Object.keys(files)], { cwd: folder });
  return fs.readFileSync(path.join(folder, 'all.zip'));
}

/// GitHub with one artifact, one pull request from a fork and these comments. `calls` collects what is written.
function stand(files, { pulls, comments = [], bytes = 1000 } = {}) {
  const calls = [];
  const lists = {
    artifacts: [{ id: 5, name: ARTIFACT, expired: false, size_in_bytes: bytes }],
    pulls: pulls ?? [{ number: 17, head: { sha: SHA } }],
    comments,
  };
  const github = {
    paginate: async (endpoint, parameters) => endpoint(parameters),
    rest: {
      actions: {
        listWorkflowRunArtifacts: () => lists.artifacts,
        downloadArtifact: async () => ({ data: zip(files) }),
      },
      pulls: {
        list: ({ head }) => (head === 'someone:patch' ? lists.pulls : []),
      },
      issues: {
        listComments: () => lists.comments,
        createComment: async (call) => calls.push(['create', call]),
        updateComment: async (call) => calls.push(['update', call]),
      },
    },
  };
  const run = {
    id: 3,
    head_sha: SHA,
    head_branch: 'patch',
    head_repository: { owner: { login: 'someone' } },
    html_url: 'https://example.org/runs/3',
  };
  const context = { payload: { workflow_run: run }, repo: { owner: 'us', repo: 'it' } };
  return { github, context, core: { notice: () => {} }, calls };
}

const GOOD = { 'pull-request': '17\n', 'comment.md': '**None of 9 timed workloads slower.**\n' };

test('a comment is created on the pull request of the fork', async () => {
  const place = stand(GOOD);
  await comment(place);
  const [[what, call]] = place.calls;
  assert.equal(what, 'create');
  assert.equal(call.issue_number, 17);
  assert.ok(call.body.startsWith(`${MARKER}\n**None of 9`));
  assert.ok(call.body.includes('https://example.org/runs/3'));
});

test('a comment of an earlier run is updated, one of a person is not', async () => {
  const comments = [
    { id: 7, user: { login: 'someone' }, body: MARKER },
    { id: 8, user: { login: 'github-actions[bot]' }, body: `${MARKER}\nold` },
  ];
  const place = stand(GOOD, { comments });
  await comment(place);
  assert.deepEqual([place.calls[0][0], place.calls[0][1].comment_id], ['update', 8]);
});

test('a number of another pull request is refused', async () => {
  const place = stand({ ...GOOD, 'pull-request': '18' });
  await assert.rejects(comment(place), /belongs to 17/);
  assert.deepEqual(place.calls, []);
});

test('a text in place of the number is refused', async () => {
  for (const text of ['', '17; rm -rf /', '$(id)', '-1', '0x11', '1'.repeat(17)]) {
    const place = stand({ ...GOOD, 'pull-request': text });
    await assert.rejects(comment(place), /pull-request/, text);
    assert.deepEqual(place.calls, []);
  }
});

test('a long or empty text and a large artifact are refused', async () => {
  for (const text of ['', ' \n', 'x'.repeat(65_001), 'x'.repeat(1_000_000)]) {
    await assert.rejects(comment(stand({ ...GOOD, 'comment.md': text })), /comment\.md/);
  }
  await assert.rejects(comment(stand(GOOD, { bytes: 1e9 })), /bytes/);
  await assert.rejects(comment(stand({ 'pull-request': '17' })), /comment\.md/);
});

test('a pull request with a newer head gets no comment', async () => {
  const place = stand(GOOD, { pulls: [{ number: 17, head: { sha: 'f'.repeat(40) } }] });
  assert.equal(await comment(place), null);
  assert.deepEqual(place.calls, []);
});

test('nobody is mentioned, and nothing is hidden', async () => {
  const text = `@someone medium/decode@32 (@team/x) <!-- hidden --> ${MARKER}`;
  const body = await comment(stand({ ...GOOD, 'comment.md': text }));
  assert.ok(!/(^|\W)@\w/.test(body), body);
  assert.ok(body.includes('medium/decode@32'));
  assert.equal(body.split('<!--').length, 2, 'only the marker');
});
