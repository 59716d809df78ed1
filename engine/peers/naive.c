/* The naive forward pass of the medium model in C, with the same loops in the same order as the variant `naive` of the
 * engine. It shows that this variant, the base of all speedups, is as fast as plain C. Weights are random, which does
 * not change the time. Compare the seconds of a prefill of 32 tokens on one thread:
 *
 *   cc -O2 -ffp-contract=off -o naive engine/peers/naive.c -lm && ./naive   [vocab context C heads inner T]
 *   cargo run --release -p engine --example generate -- --preset medium --prompt-len 32 --new 1 --reps 30 --threads 1 --variant naive
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { LAYERS = 4, RUNS = 30 };
/* Variables as in the engine, which runs models of any size. With sizes known at compile time, the compiler vectorizes
 * across columns and the program is 3.6 times as fast. */
static int VOCAB, CONTEXT, C, HEADS, INNER, D, T;

typedef struct {
  float *gain, *bias;
} Norm;
typedef struct {
  float *kernel, *bias; /* [k, n], [n] */
} Linear;
typedef struct {
  Norm attention_norm, mlp_norm;
  Linear qkv, projection, expand, contract;
} Block;

static float *token_embedding, *position_embedding, *head;
static Norm final_norm;
static Block blocks[LAYERS];

static float *fresh(size_t count) {
  float *values = calloc(count, sizeof(float));
  if (!values) abort();
  return values;
}

static float *random_values(size_t count, float scale) {
  static unsigned long long state = 42;
  float *values = fresh(count);
  for (size_t i = 0; i < count; i++) {
    state = state * 6364136223846793005ULL + 1442695040888963407ULL;
    values[i] = scale * ((float)(state >> 40) / 8388608.0f - 1.0f);
  }
  return values;
}

static Norm random_norm(void) { return (Norm){random_values(C, 1.0f), random_values(C, 0.1f)}; }

static Linear random_linear(int k, int n) {
  return (Linear){random_values((size_t)k * n, 1.7f / sqrtf((float)k)), random_values(n, 0.1f)};
}

/* out[m, n] = x[m, k] w[k, n] + bias[n] */
static void matmul(const float *x, Linear w, float *out, int m, int k, int n) {
  for (int i = 0; i < m; i++)
    for (int j = 0; j < n; j++) {
      float sum = 0;
      for (int p = 0; p < k; p++) sum += x[i * k + p] * w.kernel[p * n + j];
      out[i * n + j] = sum + w.bias[j];
    }
}

static void layer_norm(const float *x, Norm norm, float *out) {
  for (int t = 0; t < T; t++, x += C, out += C) {
    float sum = 0, squares = 0;
    for (int j = 0; j < C; j++) sum += x[j];
    float mean = sum / C;
    for (int j = 0; j < C; j++) squares += (x[j] - mean) * (x[j] - mean);
    float scale = 1.0f / sqrtf(squares / C + 1e-5f);
    for (int j = 0; j < C; j++) out[j] = (x[j] - mean) * scale * norm.gain[j] + norm.bias[j];
  }
}

static void softmax(const float *x, float *out, int rows, int columns) {
  for (int r = 0; r < rows; r++, x += columns, out += columns) {
    float max = -INFINITY, sum = 0;
    for (int j = 0; j < columns; j++)
      if (x[j] > max) max = x[j];
    for (int j = 0; j < columns; j++) sum += out[j] = expf(x[j] - max);
    for (int j = 0; j < columns; j++) out[j] /= sum;
  }
}

static void gelu(const float *x, float *out, int count) {
  const float scale = sqrtf(2.0f / 3.14159265358979f);
  for (int i = 0; i < count; i++) {
    float inner = scale * (x[i] + 0.044715f * x[i] * x[i] * x[i]);
    out[i] = 0.5f * x[i] * (1.0f + tanhf(inner));
  }
}

/* The rows of qkv [T, 3 C] contain q, k and v one after the other. */
static void attention(const float *qkv, float *out) {
  float *scores = fresh(HEADS * T * T), *weights = fresh(HEADS * T * T);
  for (int h = 0; h < HEADS; h++)
    for (int t = 0; t < T; t++)
      for (int s = 0; s < T; s++) {
        float sum = 0;
        for (int i = 0; i < D; i++) sum += qkv[t * 3 * C + h * D + i] * qkv[s * 3 * C + C + h * D + i];
        scores[(h * T + t) * T + s] = sum / sqrtf(D);
      }
  for (int h = 0; h < HEADS; h++)
    for (int t = 0; t < T; t++)
      for (int s = t + 1; s < T; s++) scores[(h * T + t) * T + s] = -INFINITY;
  softmax(scores, weights, HEADS * T, T);
  for (int h = 0; h < HEADS; h++)
    for (int t = 0; t < T; t++)
      for (int i = 0; i < D; i++) {
        float sum = 0;
        for (int s = 0; s < T; s++) sum += weights[(h * T + t) * T + s] * qkv[s * 3 * C + 2 * C + h * D + i];
        out[t * C + h * D + i] = sum;
      }
  free(scores);
  free(weights);
}

static void add(float *x, const float *y) {
  for (int i = 0; i < T * C; i++) x[i] += y[i];
}

static void forward(const int *tokens, float *logits) {
  float *x = fresh(T * C);
  for (int t = 0; t < T; t++)
    for (int j = 0; j < C; j++) x[t * C + j] = token_embedding[tokens[t] * C + j] + position_embedding[t * C + j];
  for (int l = 0; l < LAYERS; l++) {
    const Block *block = &blocks[l];
    float *normal = fresh(T * C), *qkv = fresh(T * 3 * C), *attended = fresh(T * C), *projected = fresh(T * C);
    layer_norm(x, block->attention_norm, normal);
    matmul(normal, block->qkv, qkv, T, C, 3 * C);
    attention(qkv, attended);
    matmul(attended, block->projection, projected, T, C, C);
    add(x, projected);
    float *expanded = fresh(T * INNER), *active = fresh(T * INNER);
    layer_norm(x, block->mlp_norm, normal);
    matmul(normal, block->expand, expanded, T, C, INNER);
    gelu(expanded, active, T * INNER);
    matmul(active, block->contract, projected, T, INNER, C);
    add(x, projected);
    free(normal), free(qkv), free(attended), free(projected), free(expanded), free(active);
  }
  float *normal = fresh(T * C);
  layer_norm(x, final_norm, normal);
  for (int t = 0; t < T; t++)
    for (int j = 0; j < VOCAB; j++) {
      float sum = 0;
      for (int p = 0; p < C; p++) sum += normal[t * C + p] * head[j * C + p];
      logits[t * VOCAB + j] = sum;
    }
  free(normal), free(x);
}

int main(int count, char **arguments) {
  static const char *const medium[] = {"512", "128", "256", "8", "1024", "32"};
  int *sizes[] = {&VOCAB, &CONTEXT, &C, &HEADS, &INNER, &T};
  for (int i = 0; i < 6; i++) *sizes[i] = atoi(i + 1 < count ? arguments[i + 1] : medium[i]);
  D = C / HEADS;
  token_embedding = random_values(VOCAB * C, 0.1f);
  position_embedding = random_values(CONTEXT * C, 0.05f);
  head = random_values(VOCAB * C, 0.1f);
  final_norm = random_norm();
  for (int l = 0; l < LAYERS; l++)
    blocks[l] = (Block){random_norm(),           random_norm(),         random_linear(C, 3 * C),
                        random_linear(C, C),     random_linear(C, INNER), random_linear(INNER, C)};
  int *tokens = calloc(T, sizeof(int));
  if (!tokens) abort();
  for (int t = 0; t < T; t++) tokens[t] = (t * 37 + 11) % VOCAB;
  float *logits = fresh(T * VOCAB), check = 0;
  for (int run = 0; run < RUNS; run++) {
    struct timespec start, end;
    clock_gettime(CLOCK_MONOTONIC, &start);
    forward(tokens, logits);
    clock_gettime(CLOCK_MONOTONIC, &end);
    check += logits[T * VOCAB - 1];
    printf("%.6f\n", (double)(end.tv_sec - start.tv_sec) + 1e-9 * (double)(end.tv_nsec - start.tv_nsec));
  }
  fprintf(stderr, "%d runs, sum of the last logits %g\n", RUNS, check);
  return 0;
}
