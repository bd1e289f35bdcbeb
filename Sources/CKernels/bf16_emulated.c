// The arithmetic of AVX-512 BF16 without its instructions.
#ifndef LK_PASS
#define LK_FILE "bf16_emulated.c"
#include "bf16_block.h"
#include "include/bf16_stem.h"
#include "each_variant.h"
#else

/// Both halves of VCVTNEPS2BF16, in the upper half of each lane.
#define rounded LK_(rounded)
LK_INLINE lanes rounded(lanes bits) {
    const lanes magnitude = bits & 0x7FFFFFFF, sign = bits & (int32_t)0x80000000;
    const lanes even = bits + 0x7FFF + ((bits >> 16) & 1);
    const lanes quiet = bits | 0x00400000;
    const lanes is_nan = magnitude > 0x7F800000, is_small = magnitude < 0x00800000;
    const lanes some = (even & ~is_nan) | (quiet & is_nan);
    return ((some & ~is_small) | (sign & is_small)) & (int32_t)0xFFFF0000;
}

LK_KERNEL(
    bf16_interleave_emulated,
    (lk_int count, const float *even, const float *odd, uint32_t *to),
    (count, even, odd, to)) {
    for (lk_int i = 0; i < count; i += LK_LANES) {
        const lanes low = rounded((lanes)load(even + i));
        const lanes high = odd ? rounded((lanes)load(odd + i)) : (lanes){0};
        *(lanes *)(to + i) = high | ((low >> 16) & 0xFFFF);
    }
}

LK_KERNEL(
    bf16_round_emulated, (lk_int count, const float *from, lk_bf16 *to), (count, from, to)) {
    for (lk_int i = 0; i < count; i++) to[i] = (lk_bf16)lk_bf16_bits(from[i]);
}

#define flushed LK_(flushed)
LK_INLINE vec flushed(vec x) {
    const lanes bits = (lanes)x, is_small = (bits & 0x7F800000) == 0;
    return (vec)(bits & ~(is_small & 0x7FFFFFFF));
}

/// VDPBF16PS.
#define products LK_(products)
LK_INLINE vec products(lanes a, lanes b, vec sum) {
    const lanes odd = (int32_t)0xFFFF0000 - (lanes){0};
    sum = flushed(fma_vec((vec)(a & odd), (vec)(b & odd), sum));
    return flushed(fma_vec((vec)(a << 16), (vec)(b << 16), sum));
}

/// Up to four rows by sixteen columns.
#define emulated_block LK_(emulated_block)
LK_INLINE void emulated_block(
    lk_int m, lk_int pairs, const uint32_t *a, lk_int row, lk_int pair, const uint32_t *b,
    float *const *rows, lk_int column, int load_first) {
    enum { PARTS = 16 / LK_LANES };
    vec sum[4][PARTS];
    for (lk_int i = 0; i < m; i++)
        for (int v = 0; v < PARTS; v++)
            sum[i][v] = load_first ? load(rows[i] + column + v * LK_LANES) : (vec){0};
    for (lk_int p = 0; p < pairs; p++, b += LK_BF16_COLUMNS) {
        for (lk_int i = 0; i < m; i++) {
            const lanes left = (int32_t)a[i * row + p * pair] - (lanes){0};
            for (int v = 0; v < PARTS; v++)
                sum[i][v] = products(left, *(const lanes *)(b + v * LK_LANES), sum[i][v]);
        }
    }
    for (lk_int i = 0; i < m; i++)
        for (int v = 0; v < PARTS; v++) *(vec *)(rows[i] + column + v * LK_LANES) = sum[i][v];
}

LK_KERNEL(
    bf16_block_emulated,
    (lk_int m, lk_int columns, lk_int pairs, int by_pairs, const uint32_t *a, const uint32_t *b,
     float *const *rows, int load),
    (m, columns, pairs, by_pairs, a, b, rows, load)) {
    const lk_int row = by_pairs ? 1 : ROW_PAIRS, pair = by_pairs ? LK_BF16_CHANNELS : 1;
    for (lk_int n = 0; n < columns; n += 16)
        for (lk_int i = 0; i < m; i += 4) {
            const uint32_t *from = a + i * row;
            if (m - i >= 4)
                emulated_block(4, pairs, from, row, pair, b + n, rows + i, n, load);
            else
                emulated_block(m - i, pairs, from, row, pair, b + n, rows + i, n, load);
        }
}


LK_KERNEL(
    bf16_stem_rows_emulated,
    (lk_int m, int along, lk_int lines, const uint64_t *const *line, lk_int at, lk_int count,
     const uint32_t *b, float *sums, int onto),
    (m, along, lines, line, at, count, b, sums, onto)) {
    const lk_int words = LK_BF16_STEM_STRIDE * LK_BF16_STEM_INPUTS;
    const lk_int row = along ? 1 : words, step = along ? words : 1;
    for (lk_int i = 0; i < m; i++, sums += 16) {
        const uint32_t *right = b;
        vec sum[16 / LK_LANES];
        for (int v = 0; v < 16 / LK_LANES; v++)
            sum[v] = onto ? load(sums + v * LK_LANES) : (vec){0};
        for (lk_int l = 0; l < lines; l++)
            for (lk_int r = 0; r < count; r++, right += 16) {
                const uint64_t both = line[l][at + i * row + r * step];
                lanes pairs;
                for (int j = 0; j < LK_LANES; j++)
                    pairs[j] = (int32_t)(uint32_t)(j % 2 ? both >> 32 : both);
                for (int v = 0; v < 16 / LK_LANES; v++)
                    sum[v] = products(pairs, *(const lanes *)(right + v * LK_LANES), sum[v]);
            }
        for (int v = 0; v < 16 / LK_LANES; v++) *(vec *)(sums + v * LK_LANES) = sum[v];
    }
}

#endif
