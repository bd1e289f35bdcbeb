// What the indirect convolution reads and writes: tables of pixels, packed matrices, partial sums.
#include "include/indirect.h"

#include <string.h>

enum {
    COLUMNS = LK_INDIRECT_COLUMNS,
    /// Values of a column of a weight's gradient that are written together.
    BLOCK = 72
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
    lk_int taps, lk_int depth, lk_int columns, const float *weight, lk_int tap_stride,
    lk_int k_stride, lk_int n_stride, const float *scale, float *packed) {
    for (lk_int n = 0; n < columns; n += COLUMNS, packed += taps * depth * COLUMNS) {
        const lk_int width = columns - n < COLUMNS ? columns - n : COLUMNS;
        if (width < COLUMNS) memset(packed, 0, (size_t)(taps * depth * COLUMNS) * sizeof(float));
        // Taps lie side by side in the weight: reading them together uses whole cache lines.
        for (lk_int k = 0; k < depth; k++)
            for (lk_int tap = 0; tap < taps; tap++) {
                const float *from = weight + tap * tap_stride + k * k_stride + n * n_stride;
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
    float *gradient, int accumulate) {
    // Columns lie far apart in the gradient: a block of each is put together first, so that whole cache lines are written.
    float block[COLUMNS][BLOCK];
    for (lk_int n = first; n < first + count; n += COLUMNS) {
        const lk_int width = first + count - n < COLUMNS ? first + count - n : COLUMNS;
        lk_int start = 0, filled = 0;
        for (lk_int i = 0; i < depth * taps; i++) {
            const lk_int k = i / taps, tap = i % taps;
            float sum[COLUMNS];
            tree_sum(
                parts, partials + (tap * depth + k) * columns + n, part_stride, width, sum);
            for (lk_int j = 0; j < width; j++) block[j][filled] = sum[j];
            if (++filled < BLOCK && i + 1 < depth * taps && (k_stride == taps || tap + 1 < taps))
                continue;
            float *to = gradient + start + n * n_stride;
            for (lk_int j = 0; j < width; j++, to += n_stride)
                for (lk_int m = 0; m < filled; m++)
                    to[m] = accumulate ? to[m] + block[j][m] : block[j][m];
            start = (i + 1) / taps * k_stride + (i + 1) % taps;
            filled = 0;
        }
    }
}
