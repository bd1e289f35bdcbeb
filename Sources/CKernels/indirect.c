#include "indirect.h"

#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

enum {
    ROWS = LK_INDIRECT_ROWS,
    COLUMNS = LK_INDIRECT_COLUMNS,
    /// Depth of the part of a panel that all rows walk before the next part: 256 x 16 floats stay in the
    /// first-level cache while pixels stream past.
    BLOCK_DEPTH = 256,
    /// Most (tap, channels) pieces in one part.
    BLOCK_PIECES = 32,
    /// Floats of a packed weight that stays in the second-level cache while pixels pass once.
    SMALL_WEIGHT = 48 * 1024,
    /// Channels that lk_indirect_outer gathers at once: with a panel they fill the first-level cache.
    OUTER_CHANNELS = 24
};

// MARK: Tables

/// Whether output pixel i sees input pixel i and nothing else.
static int is_pointwise(const lk_convolution *s) {
    return s->kernel_time * s->kernel_height * s->kernel_width == 1
        && s->stride_time * s->stride_height * s->stride_width == 1
        && s->pad_time == 0 && s->pad_height == 0 && s->pad_width == 0
        && s->in_time == s->out_time && s->in_height == s->out_height
        && s->in_width == s->out_width;
}

void lk_indirect_table(
    const lk_convolution *s, const float *x, const float *zeros, lk_int first, lk_int count,
    const float **table) {
    const lk_int padded = lk_indirect_padded(count);
    if (is_pointwise(s)) {
        for (lk_int i = 0; i < padded; i++)
            table[i] = i < count ? x + (first + i) * s->in_channels : zeros;
        return;
    }
    const lk_int row = s->in_width * s->in_channels;
    const lk_int image = s->in_height * row;
    lk_int ox = first % s->out_width;
    lk_int oy = first / s->out_width % s->out_height;
    lk_int ot = first / (s->out_width * s->out_height) % s->out_time;
    lk_int clip = first / (s->out_width * s->out_height * s->out_time);
    for (lk_int i = 0; i < padded; i++) {
        const float **cell = table + i;
        for (lk_int a = 0; a < s->kernel_time; a++) {
            const lk_int t = ot * s->stride_time - s->pad_time + a;
            for (lk_int b = 0; b < s->kernel_height; b++) {
                const lk_int y = oy * s->stride_height - s->pad_height + b;
                const int inside = i < count && t >= 0 && t < s->in_time && y >= 0 && y < s->in_height;
                const float *from = x + (inside ? (clip * s->in_time + t) * image + y * row : 0);
                lk_int column = ox * s->stride_width - s->pad_width;
                for (lk_int d = 0; d < s->kernel_width; d++, column++, cell += padded)
                    *cell = inside && column >= 0 && column < s->in_width
                        ? from + column * s->in_channels : zeros;
            }
        }
        if (++ox < s->out_width) continue;
        ox = 0;
        if (++oy < s->out_height) continue;
        oy = 0;
        if (++ot < s->out_time) continue;
        ot = 0;
        clip++;
    }
}

static lk_int residue_count(lk_int extent, lk_int residue, lk_int stride) {
    return (extent - residue + stride - 1) / stride;
}

void lk_indirect_transposed_table(
    const lk_convolution *s, const float *dy, const float *zeros, const lk_int residue[3],
    const lk_int *taps, lk_int tap_count, lk_int first, lk_int count, float *dx,
    const float **table, float **rows) {
    const lk_int padded = lk_indirect_padded(count);
    const lk_int times = residue_count(s->in_time, residue[0], s->stride_time);
    const lk_int heights = residue_count(s->in_height, residue[1], s->stride_height);
    const lk_int widths = residue_count(s->in_width, residue[2], s->stride_width);
    for (lk_int i = 0; i < padded; i++) {
        const lk_int r = first + (i < count ? i : 0);
        const lk_int x = r % widths * s->stride_width + residue[2];
        const lk_int y = r / widths % heights * s->stride_height + residue[1];
        const lk_int t = r / (widths * heights) % times * s->stride_time + residue[0];
        const lk_int clip = r / (widths * heights * times);
        if (i < count)
            rows[i] = dx + (((clip * s->in_time + t) * s->in_height + y) * s->in_width + x)
                * s->in_channels;
        for (lk_int j = 0; j < tap_count; j++) {
            const lk_int tap = taps[j];
            const lk_int up_x = x + s->pad_width - tap % s->kernel_width;
            const lk_int up_y = y + s->pad_height - tap / s->kernel_width % s->kernel_height;
            const lk_int up_t = t + s->pad_time - tap / (s->kernel_width * s->kernel_height);
            const lk_int ox = up_x / s->stride_width, oy = up_y / s->stride_height;
            const lk_int ot = up_t / s->stride_time;
            const int inside = i < count && up_x >= 0 && up_y >= 0 && up_t >= 0
                && ox < s->out_width && oy < s->out_height && ot < s->out_time;
            const lk_int pixel = ((clip * s->out_time + ot) * s->out_height + oy) * s->out_width + ox;
            table[j * padded + i] = inside ? dy + pixel * s->out_channels : zeros;
        }
    }
}

// MARK: Packing

void lk_indirect_pack(lk_int rows, lk_int columns, const float *x, float *packed) {
    for (lk_int n = 0; n < columns; n += COLUMNS) {
        const lk_int width = columns - n < COLUMNS ? columns - n : COLUMNS;
        for (lk_int r = 0; r < rows; r++, packed += COLUMNS) {
            const float *from = x + r * columns + n;
            if (width == COLUMNS) {
                memcpy(packed, from, COLUMNS * sizeof(float));
            } else {
                for (lk_int j = 0; j < COLUMNS; j++) packed[j] = j < width ? from[j] : 0;
            }
        }
    }
}

void lk_indirect_pack_weight(
    lk_int taps, lk_int depth, lk_int columns, const float *weight, lk_int k_stride,
    lk_int n_stride, const float *scale, float *packed) {
    for (lk_int n = 0; n < columns; n += COLUMNS, packed += taps * depth * COLUMNS) {
        const lk_int width = columns - n < COLUMNS ? columns - n : COLUMNS;
        if (width < COLUMNS) memset(packed, 0, (size_t)(taps * depth * COLUMNS) * sizeof(float));
        // Taps lie side by side in the weight: reading them together uses whole cache lines.
        for (lk_int k = 0; k < depth; k++)
            for (lk_int tap = 0; tap < taps; tap++) {
                const float *from = weight + tap + k * k_stride + n * n_stride;
                float *to = packed + (tap * depth + k) * COLUMNS;
                for (lk_int j = 0; j < width; j++)
                    to[j] = scale ? from[j * n_stride] * scale[n + j] : from[j * n_stride];
            }
    }
}

/// Adds `parts` rows of `width` values in a fixed tree.
static void tree_sum(
    lk_int parts, const float *partials, lk_int stride, lk_int width, float *sum) {
    if (parts == 1) {
        memcpy(sum, partials, (size_t)width * sizeof(float));
        return;
    }
    float right[COLUMNS];
    const lk_int half = parts / 2;
    tree_sum(half, partials, stride, width, sum);
    tree_sum(parts - half, partials + half * stride, stride, width, right);
    for (lk_int j = 0; j < width; j++) sum[j] += right[j];
}

void lk_indirect_unpack_gradient(
    lk_int parts, const float *partials, lk_int part_stride, lk_int taps, lk_int depth,
    lk_int columns, lk_int first, lk_int count, lk_int k_stride, lk_int n_stride,
    float *gradient) {
    for (lk_int n = first; n < first + count; n += COLUMNS) {
        const lk_int width = first + count - n < COLUMNS ? first + count - n : COLUMNS;
        for (lk_int k = 0; k < depth; k++)
            for (lk_int tap = 0; tap < taps; tap++) {
                float sum[COLUMNS];
                const float *from = partials + (tap * depth + k) * columns + n;
                tree_sum(parts, from, part_stride, width, sum);
                float *to = gradient + tap + k * k_stride + n * n_stride;
                for (lk_int j = 0; j < width; j++) to[j * n_stride] = sum[j];
            }
    }
}

// MARK: Inner kernels

/// A run of channels of one tap: `pixels` holds a pointer per row, `at` is its place in the panel.
typedef struct {
    const float *const *pixels;
    lk_int channel, length, at;
} piece;

typedef void multiply_kernel(
    lk_int row, lk_int pieces, const piece *piece, const float *panel, float *const *rows,
    int load);
typedef void outer_kernel(
    lk_int count, const float *x, const float *panel, lk_int stride, float *out, int load);

static void multiply_portable(
    lk_int row, lk_int pieces, const piece *piece, const float *panel, float *const *rows,
    int load) {
    float sum[ROWS][COLUMNS];
    for (lk_int i = 0; i < ROWS; i++)
        for (lk_int j = 0; j < COLUMNS; j++) sum[i][j] = load ? rows[i][j] : 0;
    for (lk_int p = 0; p < pieces; p++)
        for (lk_int k = 0; k < piece[p].length; k++)
            for (lk_int i = 0; i < ROWS; i++) {
                const float a = piece[p].pixels[row + i][piece[p].channel + k];
                const float *b = panel + (piece[p].at + k) * COLUMNS;
                for (lk_int j = 0; j < COLUMNS; j++)
                    sum[i][j] = __builtin_fmaf(a, b[j], sum[i][j]);
            }
    for (lk_int i = 0; i < ROWS; i++)
        for (lk_int j = 0; j < COLUMNS; j++) rows[i][j] = sum[i][j];
}

static void outer_portable(
    lk_int m, lk_int count, const float *x, const float *panel, lk_int stride, float *out,
    int load) {
    float sum[ROWS][COLUMNS];
    for (lk_int i = 0; i < m; i++)
        for (lk_int j = 0; j < COLUMNS; j++) sum[i][j] = load ? out[i * stride + j] : 0;
    for (lk_int r = 0; r < count; r++)
        for (lk_int i = 0; i < m; i++)
            for (lk_int j = 0; j < COLUMNS; j++)
                sum[i][j] = __builtin_fmaf(
                    x[r * OUTER_CHANNELS + i], panel[r * COLUMNS + j], sum[i][j]);
    for (lk_int i = 0; i < m; i++)
        for (lk_int j = 0; j < COLUMNS; j++) out[i * stride + j] = sum[i][j];
}

#define OUTER_PORTABLE(M)                                                                        \
    static void outer_portable_##M(                                                              \
        lk_int count, const float *x, const float *panel, lk_int stride, float *out, int load) { \
        outer_portable(M, count, x, panel, stride, out, load);                     \
    }
OUTER_PORTABLE(1)
OUTER_PORTABLE(2)
OUTER_PORTABLE(3)
OUTER_PORTABLE(4)
OUTER_PORTABLE(5)
OUTER_PORTABLE(6)

#if defined(__x86_64__)

#define AVX2 __attribute__((target("avx2,fma")))
#define AVX2_INLINE static inline __attribute__((always_inline, target("avx2,fma")))

AVX2 static void multiply_avx2(
    lk_int row, lk_int pieces, const piece *piece, const float *panel, float *const *rows,
    int load) {
    __m256 sum[ROWS][2];
#pragma clang loop unroll(full)
    for (int i = 0; i < ROWS; i++) {
        sum[i][0] = load ? _mm256_loadu_ps(rows[i]) : _mm256_setzero_ps();
        sum[i][1] = load ? _mm256_loadu_ps(rows[i] + 8) : _mm256_setzero_ps();
    }
    for (lk_int p = 0; p < pieces; p++) {
        const float *const *pixels = piece[p].pixels + row;
        const lk_int channel = piece[p].channel, length = piece[p].length;
        const float *a0 = pixels[0] + channel, *a1 = pixels[1] + channel;
        const float *a2 = pixels[2] + channel, *a3 = pixels[3] + channel;
        const float *a4 = pixels[4] + channel, *a5 = pixels[5] + channel;
        const float *b = panel + piece[p].at * COLUMNS;
#pragma clang loop unroll_count(2)
        for (lk_int k = 0; k < length; k++, b += COLUMNS) {
            const __m256 low = _mm256_loadu_ps(b), high = _mm256_loadu_ps(b + 8);
            __m256 a;
#define ROW(i)                                                                                   \
    a = _mm256_broadcast_ss(a##i + k);                                                           \
    sum[i][0] = _mm256_fmadd_ps(a, low, sum[i][0]);                                              \
    sum[i][1] = _mm256_fmadd_ps(a, high, sum[i][1]);
            ROW(0) ROW(1) ROW(2) ROW(3) ROW(4) ROW(5)
#undef ROW
        }
    }
#pragma clang loop unroll(full)
    for (int i = 0; i < ROWS; i++) {
        _mm256_storeu_ps(rows[i], sum[i][0]);
        _mm256_storeu_ps(rows[i] + 8, sum[i][1]);
    }
}

AVX2_INLINE void outer_avx2(
    const int m, lk_int count, const float *x, const float *panel, lk_int stride, float *out,
    int load) {
    __m256 sum[ROWS][2];
#pragma clang loop unroll(full)
    for (int i = 0; i < m; i++) {
        sum[i][0] = load ? _mm256_loadu_ps(out + i * stride) : _mm256_setzero_ps();
        sum[i][1] = load ? _mm256_loadu_ps(out + i * stride + 8) : _mm256_setzero_ps();
    }
    for (lk_int r = 0; r < count; r++) {
        const float *a = x + r * OUTER_CHANNELS;
        const __m256 low = _mm256_loadu_ps(panel + r * COLUMNS);
        const __m256 high = _mm256_loadu_ps(panel + r * COLUMNS + 8);
#pragma clang loop unroll(full)
        for (int i = 0; i < m; i++) {
            const __m256 value = _mm256_broadcast_ss(a + i);
            sum[i][0] = _mm256_fmadd_ps(value, low, sum[i][0]);
            sum[i][1] = _mm256_fmadd_ps(value, high, sum[i][1]);
        }
    }
#pragma clang loop unroll(full)
    for (int i = 0; i < m; i++) {
        _mm256_storeu_ps(out + i * stride, sum[i][0]);
        _mm256_storeu_ps(out + i * stride + 8, sum[i][1]);
    }
}

#define OUTER_AVX2(M)                                                                            \
    AVX2 static void outer_avx2_##M(                                                             \
        lk_int count, const float *x, const float *panel, lk_int stride, float *out, int load) { \
        outer_avx2(M, count, x, panel, stride, out, load);                         \
    }
OUTER_AVX2(1)
OUTER_AVX2(2)
OUTER_AVX2(3)
OUTER_AVX2(4)
OUTER_AVX2(5)
OUTER_AVX2(6)

#endif

static multiply_kernel *select_multiply(void) {
#if defined(__x86_64__)
    if (lk_variant_selected() >= LK_AVX2) return multiply_avx2;
#endif
    return multiply_portable;
}

static outer_kernel *const *select_outer(void) {
    static outer_kernel *const portable[] = {
        outer_portable_1, outer_portable_2, outer_portable_3,
        outer_portable_4, outer_portable_5, outer_portable_6};
#if defined(__x86_64__)
    static outer_kernel *const avx2[] = {
        outer_avx2_1, outer_avx2_2, outer_avx2_3, outer_avx2_4, outer_avx2_5, outer_avx2_6};
    if (lk_variant_selected() >= LK_AVX2) return avx2;
#endif
    return portable;
}

// MARK: Tiles

/// Runs one part of the depth over all panels, and rows begin ..< count. The last rows and columns go by way of a spare
/// block, so that nothing outside of the tile is touched.
static void multiply_block(
    multiply_kernel *kernel, lk_int begin, lk_int count, lk_int pieces, const piece *piece,
    const float *packed, lk_int depth, lk_int first, lk_int columns, float *const *rows,
    int load) {
    for (lk_int n = 0; n < columns; n += COLUMNS) {
        const float *panel = packed + (first + n) * depth;
        const lk_int width = columns - n < COLUMNS ? columns - n : COLUMNS;
        for (lk_int row = begin; row < count; row += ROWS) {
            const lk_int height = count - row < ROWS ? count - row : ROWS;
            float spare[ROWS][COLUMNS];
            float *to[ROWS];
            const int whole = width == COLUMNS;
            for (lk_int i = 0; i < ROWS; i++)
                to[i] = whole && i < height ? rows[row + i] + first + n : spare[i];
            if (load && !whole)
                for (lk_int i = 0; i < height; i++)
                    memcpy(spare[i], rows[row + i] + first + n, (size_t)width * sizeof(float));
            else if (load && height < ROWS)
                memset(spare, 0, sizeof spare);
            kernel(row, pieces, piece, panel, to, load);
            if (!whole)
                for (lk_int i = 0; i < height; i++)
                    memcpy(rows[row + i] + first + n, spare[i], (size_t)width * sizeof(float));
        }
    }
}

void lk_indirect_multiply(
    lk_int count, lk_int taps, lk_int channels, const float *const *table, const lk_int *offsets,
    const float *packed, lk_int depth, lk_int first, lk_int columns, float *const *rows,
    int accumulate) {
    const lk_int padded = lk_indirect_padded(count);
    multiply_kernel *kernel = select_multiply();
    piece block[BLOCK_PIECES];
    if (taps <= BLOCK_PIECES && taps * channels * columns <= SMALL_WEIGHT) {
        // Six rows meet the whole weight while their pixels stay in the first-level cache.
        for (lk_int j = 0; j < taps; j++)
            block[j] = (piece){table + j * padded, 0, channels, offsets[j]};
        for (lk_int row = 0; row < count; row += ROWS)
            multiply_block(
                kernel, row, count - row < ROWS ? count : row + ROWS, taps, block, packed, depth,
                first, columns, rows, accumulate);
        return;
    }
    lk_int pieces = 0, room = BLOCK_DEPTH;
    int load = accumulate;
    for (lk_int j = 0; j < taps; j++) {
        for (lk_int k = 0; k < channels;) {
            const lk_int length = channels - k < room ? channels - k : room;
            block[pieces++] = (piece){table + j * padded, k, length, offsets[j] + k};
            k += length;
            room -= length;
            if (room > 0 && pieces < BLOCK_PIECES) continue;
            multiply_block(
                kernel, 0, count, pieces, block, packed, depth, first, columns, rows, load);
            load = 1;
            pieces = 0;
            room = BLOCK_DEPTH;
        }
    }
    if (pieces > 0)
        multiply_block(
            kernel, 0, count, pieces, block, packed, depth, first, columns, rows, load);
}

/// One run of channels, gathered, against all panels.
static void outer_block(
    outer_kernel *const *kernels, lk_int count, const float *x, lk_int channels,
    const float *packed, lk_int columns, float *out, int accumulate) {
    for (lk_int n = 0; n < columns; n += COLUMNS) {
        const float *panel = packed + n * count;
        const lk_int width = columns - n < COLUMNS ? columns - n : COLUMNS;
        for (lk_int k = 0; k < channels; k += ROWS) {
            const lk_int height = channels - k < ROWS ? channels - k : ROWS;
            float *to = out + k * columns + n;
            if (width == COLUMNS) {
                kernels[height - 1](count, x + k, panel, columns, to, accumulate);
                continue;
            }
            float spare[ROWS][COLUMNS];
            memset(spare, 0, sizeof spare);
            for (lk_int i = 0; accumulate && i < height; i++)
                memcpy(spare[i], to + i * columns, (size_t)width * sizeof(float));
            kernels[height - 1](count, x + k, panel, COLUMNS, spare[0], accumulate);
            for (lk_int i = 0; i < height; i++)
                memcpy(to + i * columns, spare[i], (size_t)width * sizeof(float));
        }
    }
}

void lk_indirect_outer(
    lk_int count, const float *const *pixels, lk_int first, lk_int channels, const float *packed,
    lk_int columns, float *out, int accumulate) {
    outer_kernel *const *kernels = select_outer();
    float x[LK_INDIRECT_PIXELS * OUTER_CHANNELS];
    for (lk_int k = 0; k < channels; k += OUTER_CHANNELS) {
        const lk_int width = channels - k < OUTER_CHANNELS ? channels - k : OUTER_CHANNELS;
        // Pixels lie far apart, often at powers of two that share few places of the cache.
        for (lk_int r = 0; r < count; r++) {
            const float *from = pixels[r] + first + k;
            float *to = x + r * OUTER_CHANNELS;
            if (width == OUTER_CHANNELS) {
                memcpy(to, from, OUTER_CHANNELS * sizeof(float));
            } else {
                for (lk_int i = 0; i < width; i++) to[i] = from[i];
            }
        }
        outer_block(
            kernels, count, x, width, packed, columns, out + k * columns, accumulate);
    }
}
