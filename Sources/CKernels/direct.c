// Convolution of few channels without im2col.
//
// A row of output pixels, for one row of the kernel, is a product of matrices: the windows of
// neighbouring pixels are runs of kernel_width * in_channels floats that start stride_width *
// in_channels floats apart, so they are the rows of a matrix that overlaps itself. GEMM libraries
// refuse such a leading dimension; the two products here take it. Accumulators are a block of rows
// by two vectors of columns, as many as registers hold.
#ifndef LK_PASS
#define LK_FILE "direct.c"
#include "include/convolution.h"

/// Most lines of the input that a product sums over at once.
enum { MOST_LINES = 64 };

#if defined(__x86_64__)
// The widest variant leaves the narrowest shapes to this one.
#define LK_AVX2_FUNCTION __attribute__((target("avx2,fma"))) static void
LK_AVX2_FUNCTION lk_direct_avx2(
    const lk_convolution *, const float *, const float *, lk_int, lk_int, float *, float *, int);
LK_AVX2_FUNCTION lk_direct_weight_gradient_avx2(
    const lk_convolution *, const float *, const float *, lk_int, lk_int, float *, float *);
#undef LK_AVX2_FUNCTION
#endif
#include "each_variant.h"
#else

#define PANEL LK_INDIRECT_COLUMNS

#if LK_PASS == 2
/// Half of a vector of 16 would compute nothing for these: two vectors of 8 take no longer than
/// one of 16.
#define NARROW(shape) ((shape)->out_channels <= 8)
#endif

/// What is left after whole blocks of 6 or 12, in one block of its own.
#define LAST_BLOCK(BLOCK, count)                                                                  \
    switch (count) {                                                                              \
    case 11: BLOCK(11); break;                                                                    \
    case 10: BLOCK(10); break;                                                                    \
    case 9: BLOCK(9); break;                                                                      \
    case 8: BLOCK(8); break;                                                                      \
    case 7: BLOCK(7); break;                                                                      \
    case 6: BLOCK(6); break;                                                                      \
    case 5: BLOCK(5); break;                                                                      \
    case 4: BLOCK(4); break;                                                                      \
    case 3: BLOCK(3); break;                                                                      \
    case 2: BLOCK(2); break;                                                                      \
    case 1: BLOCK(1); break;                                                                      \
    }

/// What an output row sees of the input, line by line, and where the rows of the weight that meet
/// it begin in a panel.
typedef struct {
    lk_int count;
    const float *from[MOST_LINES];
    lk_int at[MOST_LINES];
} LK_(window);
#define window LK_(window)

/// One block of `product`: `rows` and `vectors` are constants after inlining, so `sum` is
/// registers. `first` is the place in each line.
#define product_block LK_(product_block)
LK_INLINE void product_block(
    const int rows, const int vectors, const window *seen, lk_int first, lk_int depth,
    lk_int x_stride, const float *panel, lk_int columns, int add, float *y, lk_int y_stride) {
    vec sum[12][2];
    int whole = columns >= vectors * LK_LANES;
#pragma clang loop unroll(full)
    for (int r = 0; r < rows; r++)
#pragma clang loop unroll(full)
        for (int v = 0; v < vectors; v++) {
            sum[r][v] = (vec){0};
            if (add && whole) sum[r][v] = load(y + r * y_stride + v * LK_LANES);
        }
    for (lk_int line = 0; line < seen->count; line++) {
        const float *x = seen->from[line] + first, *w = panel + seen->at[line];
        for (lk_int k = 0; k < depth; k++) {
            vec b[2];
#pragma clang loop unroll(full)
            for (int v = 0; v < vectors; v++) b[v] = load(w + k * PANEL + v * LK_LANES);
#pragma clang loop unroll(full)
            for (int r = 0; r < rows; r++) {
                vec a = broadcast(x[r * x_stride + k]);
#pragma clang loop unroll(full)
                for (int v = 0; v < vectors; v++) sum[r][v] = fma_vec(a, b[v], sum[r][v]);
            }
        }
    }
#pragma clang loop unroll(full)
    for (int r = 0; r < rows; r++) {
        float *out = y + r * y_stride;
        if (whole) {
#pragma clang loop unroll(full)
            for (int v = 0; v < vectors; v++) *(vec *)(out + v * LK_LANES) = sum[r][v];
            continue;
        }
        float partial[2 * LK_LANES];
#pragma clang loop unroll(full)
        for (int v = 0; v < vectors; v++) *(vec *)(partial + v * LK_LANES) = sum[r][v];
        for (lk_int c = 0; c < columns; c++) out[c] = add ? out[c] + partial[c] : partial[c];
    }
}

/// A panel of `vectors` vectors of columns of `product`, all rows.
#define product_panel LK_(product_panel)
LK_INLINE void product_panel(
    const int vectors, lk_int rows, const window *seen, lk_int depth, lk_int x_stride,
    const float *panel, lk_int columns, int add, float *y, lk_int y_stride) {
    const int block = vectors == 1 ? 12 : 6;
    lk_int r = 0;
#define ROWS(n)                                                                                   \
    product_block(                                                                                \
        n, vectors, seen, r * x_stride, depth, x_stride, panel, columns, add, y + r * y_stride,   \
        y_stride)
    for (; r + block <= rows; r += block) ROWS(block);
    LAST_BLOCK(ROWS, rows - r)
#undef ROWS
}

/// y (+)= x w, summed over the lines seen, with free strides of rows in x and y. w lies in panels
/// (indirect.h) that are `panel_depth` deep, of which `depth` rows meet each line.
#define product LK_(product)
static void product(
    lk_int rows, const window *seen, lk_int depth, lk_int columns, lk_int x_stride, const float *w,
    lk_int panel_depth, int add, float *y, lk_int y_stride) {
    for (lk_int n = 0; n < columns; n += PANEL) {
        const float *panel = w + n * panel_depth;
        lk_int end = columns - n < PANEL ? columns - n : PANEL, c = 0;
#if 2 * LK_LANES <= 16
        for (; c + LK_LANES < end; c += 2 * LK_LANES) {
            lk_int width = end - c < 2 * LK_LANES ? end - c : 2 * LK_LANES;
            product_panel(
                2, rows, seen, depth, x_stride, panel + c, width, add, y + n + c, y_stride);
        }
#endif
        if (c < end)
            product_panel(
                1, rows, seen, depth, x_stride, panel + c, end - c, add, y + n + c, y_stride);
    }
}

/// One block of `outer`: dw of `depth` <= 6 rows by two vectors.
#define outer_block LK_(outer_block)
LK_INLINE void outer_block(
    const int depth, const int vectors, lk_int rows, const float *x, lk_int x_stride,
    const float *dy, lk_int dy_stride, float *dw, lk_int dw_stride) {
    vec sum[12][2];
#pragma clang loop unroll(full)
    for (int k = 0; k < depth; k++)
#pragma clang loop unroll(full)
        for (int v = 0; v < vectors; v++) sum[k][v] = (vec){0};
    for (lk_int r = 0; r < rows; r++) {
        vec b[2];
#pragma clang loop unroll(full)
        for (int v = 0; v < vectors; v++) b[v] = load(dy + r * dy_stride + v * LK_LANES);
#pragma clang loop unroll(full)
        for (int k = 0; k < depth; k++) {
            vec a = broadcast(x[r * x_stride + k]);
#pragma clang loop unroll(full)
            for (int v = 0; v < vectors; v++) sum[k][v] = fma_vec(a, b[v], sum[k][v]);
        }
    }
#pragma clang loop unroll(full)
    for (int k = 0; k < depth; k++)
#pragma clang loop unroll(full)
        for (int v = 0; v < vectors; v++) *(vec *)(dw + k * dw_stride + v * LK_LANES) += sum[k][v];
}

#define outer_panel LK_(outer_panel)
LK_INLINE void outer_panel(
    const int vectors, lk_int rows, lk_int depth, const float *x, lk_int x_stride, const float *dy,
    lk_int dy_stride, float *dw, lk_int dw_stride) {
    const int block = vectors == 1 ? 12 : 6;
    lk_int k = 0;
#define DEPTH(n)                                                                                  \
    outer_block(                                                                                  \
        n, vectors, rows, x + k, x_stride, dy, dy_stride, dw + k * dw_stride, dw_stride)
    for (; k + block <= depth; k += block) DEPTH(block);
    LAST_BLOCK(DEPTH, depth - k)
#undef DEPTH
}

/// dw (depth, columns) += xT dy. Rows go in groups of 128: dy of a group stays in the first-level
/// cache for all blocks of depth, and sums of sums keep rounding errors small.
#define outer LK_(outer)
static void outer(
    lk_int rows, lk_int depth, lk_int columns, const float *x, lk_int x_stride, const float *dy,
    lk_int dy_stride, float *dw) {
    enum { group = 128 };
    for (lk_int r0 = 0; r0 < rows; r0 += group) {
        lk_int part = rows - r0 < group ? rows - r0 : group, n = 0;
        const float *xs = x + r0 * x_stride, *ds = dy + r0 * dy_stride;
        for (; n + 2 * LK_LANES <= columns; n += 2 * LK_LANES)
            outer_panel(2, part, depth, xs, x_stride, ds + n, dy_stride, dw + n, columns);
        for (; n + LK_LANES <= columns; n += LK_LANES)
            outer_panel(1, part, depth, xs, x_stride, ds + n, dy_stride, dw + n, columns);
        if (n == columns) continue;
        float padded[group * LK_LANES], sums[12 * LK_LANES];
        for (lk_int r = 0; r < part; r++)
            for (lk_int c = 0; c < LK_LANES; c++)
                padded[r * LK_LANES + c] = n + c < columns ? ds[r * dy_stride + n + c] : 0.0f;
        for (lk_int k0 = 0; k0 < depth; k0 += 12) {
            lk_int some = depth - k0 < 12 ? depth - k0 : 12;
            memset(sums, 0, sizeof sums);
            outer_panel(
                1, part, some, xs + k0, x_stride, padded, LK_LANES, sums, LK_LANES);
            for (lk_int k = 0; k < some; k++)
                for (lk_int c = n; c < columns; c++)
                    dw[(k0 + k) * columns + c] += sums[k * LK_LANES + c - n];
        }
    }
}

/// Lines of the input with their padding on both sides. Neighbouring output rows see most lines
/// together, so each slot of `memory` remembers which line it holds; those that are seen at once
/// are consecutive, and have different slots.
typedef struct {
    float *memory;
    lk_int held[MOST_LINES];
} LK_(lines);
#define lines LK_(lines)

#define lines_in LK_(lines_in)
LK_INLINE lines lines_in(float *memory) {
    lines none = {.memory = memory};
    for (int slot = 0; slot < MOST_LINES; slot++) none.held[slot] = -1;
    return none;
}

/// The input line under tap row (i, j) of output row `row`, or null where that tap row lies outside
/// the input.
#define padded_line LK_(padded_line)
LK_INLINE const float *padded_line(
    const lk_convolution *s, const float *x, lk_int row, lk_int i, lk_int j, lines *cached) {
    lk_int oh = row % s->out_height, rest = row / s->out_height;
    lk_int t = rest % s->out_time * s->stride_time - s->pad_time + i;
    lk_int h = oh * s->stride_height - s->pad_height + j;
    if (t < 0 || t >= s->in_time || h < 0 || h >= s->in_height) return 0;
    lk_int width = s->in_width * s->in_channels, pad = s->pad_width * s->in_channels;
    lk_int number = (rest / s->out_time * s->in_time + t) * s->in_height + h;
    const float *line = x + number * width;
    if (pad == 0) return line;
    lk_int slot = t % s->kernel_time * s->kernel_height + h % s->kernel_height;
    float *to = cached->memory + slot * (width + 2 * pad);
    if (slot < MOST_LINES) {
        if (cached->held[slot] == number) return to;
        cached->held[slot] = number;
    }
    memset(to, 0, sizeof(float) * (size_t)pad);
    memcpy(to + pad, line, sizeof(float) * (size_t)width);
    memset(to + pad + width, 0, sizeof(float) * (size_t)pad);
    return to;
}

LK_KERNEL(
    direct,
    (const lk_convolution *shape, const float *x, const float *packed, lk_int first, lk_int count,
     float *scratch, float *y, int accumulate),
    (shape, x, packed, first, count, scratch, y, accumulate)) {
#if LK_PASS == 2
    if (NARROW(shape)) {
        lk_direct_avx2(shape, x, packed, first, count, scratch, y, accumulate);
        return;
    }
#endif
    const lk_convolution s = *shape;
    lk_int depth = s.kernel_width * s.in_channels, out_row = s.out_width * s.out_channels;
    lk_int tap_rows = s.kernel_time * s.kernel_height;
    lines cached = lines_in(scratch);
    for (lk_int row = first; row < first + count; row++) {
        float *out = y + row * out_row;
        int add = accumulate;
        for (lk_int tap = 0; tap < tap_rows;) {
            window seen;
            for (seen.count = 0; tap < tap_rows && seen.count < MOST_LINES; tap++) {
                const float *line = padded_line(
                    &s, x, row, tap / s.kernel_height, tap % s.kernel_height, &cached);
                if (!line) continue;
                seen.from[seen.count] = line;
                seen.at[seen.count++] = tap * depth * PANEL;
            }
            if (seen.count == 0) continue;
            product(
                s.out_width, &seen, depth, s.out_channels, s.stride_width * s.in_channels, packed,
                tap_rows * depth, add, out, s.out_channels);
            add = 1;
        }
        if (!add) memset(out, 0, sizeof(float) * (size_t)out_row);
    }
}

LK_KERNEL(
    direct_weight_gradient,
    (const lk_convolution *shape, const float *x, const float *dy, lk_int first, lk_int count,
     float *scratch, float *dw),
    (shape, x, dy, first, count, scratch, dw)) {
#if LK_PASS == 2
    if (NARROW(shape)) {
        lk_direct_weight_gradient_avx2(shape, x, dy, first, count, scratch, dw);
        return;
    }
#endif
    const lk_convolution s = *shape;
    lk_int depth = s.kernel_width * s.in_channels, out_row = s.out_width * s.out_channels;
    lines cached = lines_in(scratch);
    for (lk_int row = first; row < first + count; row++)
        for (lk_int i = 0; i < s.kernel_time; i++)
            for (lk_int j = 0; j < s.kernel_height; j++) {
                const float *line = padded_line(&s, x, row, i, j, &cached);
                if (!line) continue;
                outer(
                    s.out_width, depth, s.out_channels, line, s.stride_width * s.in_channels,
                    dy + row * out_row, s.out_channels,
                    dw + (i * s.kernel_height + j) * depth * s.out_channels);
            }
}

#undef PANEL
#undef LAST_BLOCK
#undef NARROW
#endif
