// The paper's fast stem in bf16: lines, products and sums.
#include "include/bf16_stem.h"

#include <string.h>

#include "bf16_block.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

enum {
    INPUTS = LK_BF16_STEM_INPUTS,
    WIDTH = LK_BF16_STEM_WIDTH,
    /// Channels of a group.
    OUTPUTS = LK_BF16_STEM_OUTPUTS,
    PAIRS = LK_BF16_STEM_PAIRS,
    /// Values from one output pixel's run to the next.
    STEP = LK_BF16_STEM_STRIDE * INPUTS,
    /// Pixel pairs that the inner kernel computes at once.
    TOGETHER = LK_BF16_STEM_ROWS,
    /// Most output pixels of a line of the gradient that are packed at once.
    PACKED = 64
};

// MARK: Inner kernels

#if defined(__x86_64__)

#define NATIVE __attribute__((target("avx512f,avx512vl,avx512dq,avx512bw,avx512bf16,avx2,fma")))
#define NATIVE_INLINE                                                                            \
    static inline __attribute__((                                                                \
        always_inline, target("avx512f,avx512vl,avx512dq,avx512bw,avx512bf16,avx2,fma")))

NATIVE_INLINE void native_rows(
    const int m, const int along, lk_int lines, const uint64_t *const *line, lk_int at,
    lk_int count, const uint32_t *b, float *sums, int load) {
    const int row = along ? 1 : STEP, step = along ? STEP : 1;
    __m512 sum[TOGETHER];
#pragma clang loop unroll(full)
    for (int i = 0; i < m; i++)
        sum[i] = load ? _mm512_loadu_ps(sums + 16 * i) : _mm512_setzero_ps();
    for (lk_int l = 0; l < lines; l++) {
        const uint64_t *a = line[l] + at;
        for (lk_int r = 0; r < count; r++, a += step, b += 16) {
            const __m512bh right = (__m512bh)_mm512_loadu_si512(b);
#pragma clang loop unroll(full)
            for (int i = 0; i < m; i++) {
                const __m512i both = _mm512_set1_epi64((long long)a[i * row]);
                sum[i] = _mm512_dpbf16_ps(sum[i], (__m512bh)both, right);
            }
        }
    }
#pragma clang loop unroll(full)
    for (int i = 0; i < m; i++) _mm512_storeu_ps(sums + 16 * i, sum[i]);
}

#define ROWS(M)                                                                                  \
    NATIVE static void native_rows_##M(                                                          \
        int along, lk_int lines, const uint64_t *const *line, lk_int at, lk_int count,           \
        const uint32_t *b, float *sums, int load) {                                              \
        if (along) native_rows(M, 1, lines, line, at, count, b, sums, load);                     \
        else native_rows(M, 0, lines, line, at, count, b, sums, load);                           \
    }
ROWS(1) ROWS(2) ROWS(3) ROWS(4) ROWS(5) ROWS(6) ROWS(7)
ROWS(8) ROWS(9) ROWS(10) ROWS(11) ROWS(12) ROWS(13) ROWS(14)

static void rows_native(
    lk_int m, int along, lk_int lines, const uint64_t *const *line, lk_int at, lk_int count,
    const uint32_t *b, float *sums, int load) {
    static void (*const rows[])(
        int, lk_int, const uint64_t *const *, lk_int, lk_int, const uint32_t *, float *, int) = {
        native_rows_1, native_rows_2, native_rows_3, native_rows_4, native_rows_5, native_rows_6,
        native_rows_7, native_rows_8, native_rows_9, native_rows_10, native_rows_11,
        native_rows_12, native_rows_13, native_rows_14};
    rows[m - 1](along, lines, line, at, count, b, sums, load);
}

#endif

static lk_bf16_stem_rows *select_rows(void) {
#if defined(__x86_64__)
    if (lk_bf16_native()) return rows_native;
#endif
    return lk_bf16_stem_rows_emulated;
}

// MARK: Packing

/// Where a packed weight, or the sums of its gradient, has pair i of channel n.
static lk_int place(const lk_convolution *s, lk_int n, lk_int i) {
    const lk_int pairs = s->kernel_time * s->kernel_height * PAIRS;
    return (n / OUTPUTS * pairs + i) * 2 * OUTPUTS + n % OUTPUTS * 2;
}

void lk_bf16_stem_lines(
    const lk_convolution *s, const float *x, lk_int first, lk_int count, int gradient,
    uint64_t *lines, void *scratch) {
    const lk_int words = lk_bf16_stem_line(s), pad = s->pad_width * INPUTS;
    lk_bf16 *padded = scratch;
    memset(padded, 0, (size_t)lk_bf16_stem_scratch(s));
    for (lk_int i = 0; i < count; i++, lines += words) {
        lk_bf16_round(
            s->in_width * INPUTS, x + (first + i) * s->in_width * INPUTS, padded + pad);
        uint32_t *to = (uint32_t *)(void *)lines;
        if (gradient) {
            for (lk_int v = 0; v < 2 * words; v++)
                to[v] = padded[v] | (uint32_t)padded[v + STEP] << 16;
            continue;
        }
        const uint32_t *pairs = (const uint32_t *)(const void *)padded;
        for (lk_int v = 0; v < words; v++) {
            to[2 * v] = pairs[v];
            to[2 * v + 1] = pairs[v + STEP / 2];
        }
    }
}

void lk_bf16_stem_pack_weight(
    const lk_convolution *s, const float *weight, lk_int n_stride, const float *scale,
    uint32_t *packed) {
    const lk_int lines = s->kernel_time * s->kernel_height, taps = lines * WIDTH;
    for (lk_int n = 0; n < s->out_channels; n++)
        for (lk_int i = 0; i < lines * PAIRS; i++) {
            const lk_int l = i / PAIRS, p = i % PAIRS;
            uint32_t pair = 0;
            for (lk_int k = 2 * p; k < 2 * p + 2 && k < WIDTH * INPUTS; k++) {
                float value = weight[n * n_stride + k % INPUTS * taps + l * WIDTH + k / INPUTS];
                if (scale) value *= scale[n];
                pair |= lk_bf16_bits(value) << 16 * (k % 2);
            }
            uint32_t *to = packed + place(s, n, i);
            to[0] = to[1] = pair;
        }
}

// MARK: Lines

/// The lines that an output line sees, by (time, height) of the kernel.
static void seen_lines(
    const lk_convolution *s, const uint64_t *lines, const uint64_t *zeros, lk_int line,
    const uint64_t **seen) {
    const lk_int oy = line % s->out_height, ot = line / s->out_height % s->out_time;
    const lk_int clip = line / (s->out_height * s->out_time), words = lk_bf16_stem_line(s);
    for (lk_int a = 0; a < s->kernel_time; a++)
        for (lk_int b = 0; b < s->kernel_height; b++) {
            const lk_int t = ot * s->stride_time - s->pad_time + a;
            const lk_int y = oy * s->stride_height - s->pad_height + b;
            const int inside = t >= 0 && t < s->in_time && y >= 0 && y < s->in_height;
            *seen++ = inside ? lines + ((clip * s->in_time + t) * s->in_height + y) * words : zeros;
        }
}

void lk_bf16_stem_multiply(
    const lk_convolution *s, const uint64_t *lines, const uint64_t *zeros,
    const uint32_t *packed, lk_int first, lk_int count, float *y) {
    lk_bf16_stem_rows *rows = select_rows();
    const lk_int pairs = (s->out_width + 1) / 2, channels = s->out_channels;
    const uint64_t *seen[LK_BF16_STEM_LINES];
    float sums[TOGETHER][2 * OUTPUTS];
    for (lk_int line = first; line < first + count; line++, y += s->out_width * channels) {
        seen_lines(s, lines, zeros, line, seen);
        for (lk_int n = 0; n < channels; n += OUTPUTS)
            for (lk_int q = 0; q < pairs; q += TOGETHER) {
                const lk_int some = pairs - q < TOGETHER ? pairs - q : TOGETHER;
                rows(
                    some, 0, s->kernel_time * s->kernel_height, seen, q * STEP, PAIRS,
                    packed + place(s, n, 0), sums[0], 0);
                for (lk_int i = 0; i < 2 * some && 2 * q + i < s->out_width; i++)
                    for (lk_int j = 0; j < OUTPUTS; j++)
                        y[(2 * q + i) * channels + n + j] = sums[i / 2][2 * j + i % 2];
            }
    }
}

/// Pairs of neighbouring pixels of eight channels, each twice.
static void pack_gradient(
    const lk_convolution *s, lk_int first, lk_int count, const float *dy, uint32_t *packed) {
    for (lk_int i = first; i < first + count; i++) {
        const float *even = dy + 2 * i * s->out_channels;
        const float *odd = 2 * i + 1 < s->out_width ? even + s->out_channels : NULL;
        for (lk_int j = 0; j < OUTPUTS; j++, packed += 2)
            packed[0] = packed[1] =
                lk_bf16_bits(even[j]) | (odd ? lk_bf16_bits(odd[j]) << 16 : 0);
    }
}

void lk_bf16_stem_outer(
    const lk_convolution *s, const uint64_t *lines, const uint64_t *zeros, const float *dy,
    lk_int first, lk_int count, float *sums) {
    lk_bf16_stem_rows *rows = select_rows();
    const lk_int pairs = (s->out_width + 1) / 2, channels = s->out_channels;
    const uint64_t *seen[LK_BF16_STEM_LINES];
    uint32_t packed[PACKED][2 * OUTPUTS];
    for (lk_int line = first; line < first + count; line++, dy += s->out_width * channels) {
        seen_lines(s, lines, zeros, line, seen);
        for (lk_int n = 0; n < channels; n += OUTPUTS)
            for (lk_int q = 0; q < pairs; q += PACKED) {
                const lk_int some = pairs - q < PACKED ? pairs - q : PACKED;
                pack_gradient(s, q, some, dy + n, packed[0]);
                for (lk_int l = 0; l < s->kernel_time * s->kernel_height; l++) {
                    if (seen[l] == zeros) continue;
                    rows(
                        PAIRS, 1, 1, seen + l, q * STEP, some, packed[0],
                        sums + place(s, n, l * PAIRS), 1);
                }
            }
    }
}

void lk_bf16_stem_unpack(
    const lk_convolution *s, lk_int parts, const float *sums, lk_int n_stride, float *gradient,
    int accumulate) {
    const lk_int lines = s->kernel_time * s->kernel_height, taps = lines * WIDTH;
    for (lk_int n = 0; n < s->out_channels; n++)
        for (lk_int l = 0; l < lines; l++)
            for (lk_int k = 0; k < WIDTH * INPUTS; k++) {
                const float *from = sums + place(s, n, l * PAIRS + k / 2) + k % 2;
                float sum = from[0];
                for (lk_int p = 1; p < parts; p++) sum += from[p * lk_bf16_stem_weight(s)];
                float *to = gradient + n * n_stride + k % INPUTS * taps + l * WIDTH + k / INPUTS;
                *to = accumulate ? *to + sum : sum;
            }
}
