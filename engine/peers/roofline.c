/* Reads a block of memory and does next to nothing with it: the fastest that any engine could stream its weights.

   The block is cut into `streams` parts that are read side by side, because hardware prefetchers reach their best with
   several streams on some CPUs and with one on others; the caller takes the best. Built by peer_roofline.py. */
#include <stddef.h>
#include <stdint.h>

/* Half a cache line: two loads a cycle of this width saturate any x86 L2, and no compiler has trouble with it. */
typedef uint64_t half __attribute__((vector_size(32)));

/* Four cache lines of each stream in turn, into eight accumulators so that no load waits for another. `streams` is a
   constant wherever this is inlined. */
static inline __attribute__((always_inline)) void read_pass(const half *data, size_t halves, size_t streams, half *sum) {
    size_t length = halves / streams;
    half a = {0}, b = {0}, c = {0}, d = {0}, e = {0}, f = {0}, g = {0}, h = {0};
    for (size_t i = 0; i < length; i += 8)
        for (size_t s = 0; s < streams; s++) {
            const half *part = data + s * length + i;
            a ^= part[0];
            b ^= part[1];
            c ^= part[2];
            d ^= part[3];
            e ^= part[4];
            f ^= part[5];
            g ^= part[6];
            h ^= part[7];
        }
    *sum ^= a ^ b ^ c ^ d ^ e ^ f ^ g ^ h;
}

/* `block` is aligned to 64 bytes; `bytes` is a multiple of 2048. The result only keeps the compiler from dropping the
   reads. */
uint64_t read_block(const void *block, size_t bytes, size_t streams, size_t passes) {
    size_t halves = bytes / sizeof(half);
    half sum = {0};
    for (size_t pass = 0; pass < passes; pass++) {
        if (streams == 1) read_pass(block, halves, 1, &sum);
        else if (streams == 2) read_pass(block, halves, 2, &sum);
        else if (streams == 4) read_pass(block, halves, 4, &sum);
        else read_pass(block, halves, 8, &sum);
        __asm__ volatile("" ::: "memory");
    }
    return sum[0] ^ sum[1] ^ sum[2] ^ sum[3];
}
