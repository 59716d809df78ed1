/* Reads a block of memory with almost no computation: an upper limit of the speed at which an engine can stream its
   weights.

   The block is divided into `streams` parts that are read alternately. Hardware prefetchers are fastest with several
   streams on some CPUs and with one stream on others; the caller takes the best. Built by peer_roofline.py. */
#include <stddef.h>
#include <stdint.h>

/* Half a cache line. Two loads per cycle of this width saturate the L2 cache of any x86 CPU, and every compiler
   supports it. */
typedef uint64_t half __attribute__((vector_size(32)));

/* Reads four cache lines of each stream in turn into eight independent accumulators. `streams` is a constant in every
   inlined copy. */
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

/* `block` is aligned to 64 bytes; `bytes` is a multiple of 2048. The result only prevents the compiler from removing
   the reads. */
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
