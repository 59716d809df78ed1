// Tests of `.ci/comment.js` with a stand-in for GitHub: `node --test .ci/comment.test.js`.
'use strict';

const assert = require('node:assert/strict');
const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { test } = require('node:test');

const { comment, commentHere, MARKER, ARTIFACT, PAGE } = require('./comment.js');

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
function stand(files, { pulls, comments = [], bytes = 1000, page = false } = {}) {
  const calls = [];
  const lists = {
    artifacts: [
      { id: 4, name: ARTIFACT, expired: false, size_in_bytes: 2e9 },
      { id: 5, name: ARTIFACT, expired: false, size_in_bytes: bytes },
      ...(page ? [{ id: 6, name: PAGE, expired: false, size_in_bytes: 1000 }] : []),
    ],
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

/// The JSON export with these flame graphs.
const results = (...graphs) => JSON.stringify({ flame_graphs: graphs });

test('each flame graph is one click away, right below the headline', async () => {
  const text = '**2 of 9 timed workloads slower.**\n\n| table |\n\nmore\n';
  const graphs = results({ workload: 'a/b', phase: 'fast', anchor: 'g1' }, { workload: 'c', phase: 'fast', anchor: 'g2' });
  const body = await comment(stand({ ...GOOD, 'comment.md': text, 'results.json': graphs }, { page: true }));
  const [marker, , line] = body.split('\n', 3);
  assert.equal(marker, MARKER);
  assert.equal(line, '');
  const address = 'https://example.org/runs/3/artifacts/6';
  assert.ok(body.includes(`slower.**\n\nFlame graphs, base → head: [a/b (fast)](${address}#g1) · [c (fast)](${address}#g2)\n\n| table |`
    .replaceAll('(fast)', '&#40;fast&#41;')), body);
});

test('without a page there is no link, and without a list there is one to the page', async () => {
  const graphs = results({ workload: 'a', phase: 'b', anchor: 'g1' });
  const without = await comment(stand({ ...GOOD, 'results.json': graphs }));
  assert.ok(!without.includes('base → head'), without);
  for (const wrong of ['', 'x', '{}', results({ workload: 'a', phase: 'b', anchor: 'g1)' }, 7, null, { anchor: 'g1' })]) {
    const body = await comment(stand({ ...GOOD, 'results.json': wrong }, { page: true }));
    assert.ok(body.includes('[Flame graphs, base → head](https://example.org/runs/3/artifacts/6)'), body);
  }
  const missing = await comment(stand(GOOD, { page: true }));
  assert.ok(missing.includes('[Flame graphs, base → head]'), missing);
});

test('names of flame graphs are texts, and links that do not fit are left out', async () => {
  const nasty = { workload: '](https://evil.example) <img> @someone\n', phase: '`x`', anchor: 'g1' };
  const body = await comment(stand({ ...GOOD, 'results.json': results(nasty) }, { page: true }));
  assert.ok(!body.includes('](https://evil') && !body.includes('<img>') && !/(^|\W)@\w/.test(body), body);
  const long = { ...GOOD, 'comment.md': 'x'.repeat(65_000), 'results.json': results(...Array(8).fill(nasty)) };
  const full = await comment(stand(long, { page: true }));
  assert.ok([...full].length <= 65_536 && full.includes('[Flame graphs, base → head]'), `${full.length}`);
});

test('the workflow of the gate writes the same comment from its folder', async () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'here-'));
  fs.writeFileSync(path.join(folder, 'comment.md'), GOOD['comment.md']);
  fs.writeFileSync(path.join(folder, 'results.json'), results({ workload: 'a', phase: 'b', anchor: 'g1' }));
  const place = stand({});
  const context = {
    payload: { pull_request: { number: 17, head: { sha: SHA } } },
    repo: { owner: 'us', repo: 'it' },
    serverUrl: 'https://example.org',
    runId: 3,
  };
  const body = await commentHere({ ...place, context, folder, page: 'https://example.org/page' });
  assert.deepEqual([place.calls[0][0], place.calls[0][1].issue_number], ['create', 17]);
  assert.ok(body.includes('](https://example.org/page#g1)') && body.includes('/us/it/actions/runs/3'), body);
  assert.equal(await commentHere({ ...place, context: { ...context, payload: {} }, folder }), null);
});
