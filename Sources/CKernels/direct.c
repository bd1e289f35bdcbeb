// Convolution of few channels without im2col.
//
// A row of output pixels, for one row of the kernel, is a product of matrices: the windows of
// neighbouring pixels are runs of kernel_width * in_channels floats that start stride_width *
// in_channels floats apart, so they are the rows of a matrix that overlaps itself. GEMM libraries
// refuse such a leading dimension; the two products here take it. The way forward keeps a block of
// pixels in registers over all rows of the kernel.
#ifndef LK_PASS
#define LK_FILE "direct.c"
#include "each_variant.h"
#else

#define PANEL LK_INDIRECT_COLUMNS
/// Vectors of accumulators of a block of pixels: more would want more pointers than there are.
#define PIXELS 12
/// The same of a block of the kernel's depth: 32 or 16 registers less those for operands.
#define DEPTHS (LK_PASS == 2 ? 24 : 12)

/// The rows of the kernel that meet the input at one output row, and the input's rows under them,
/// with their padding on both sides. All arrays lie in the caller's scratch memory.
typedef struct {
    /// Rows of the kernel that count, and where they lie: place i * kernel_height + j of each.
    lk_int count, *taps;
    const float **lines;
    /// What was copied to each place of `copies`; a row of output shares most with the next.
    const float **copied;
    float *copies;
} LK_(tap_rows);
#define tap_rows LK_(tap_rows)

#define start_rows LK_(start_rows)
LK_INLINE tap_rows start_rows(const lk_convolution *s, float *scratch) {
    lk_int places = s->kernel_time * s->kernel_height;
    tap_rows rows = {.count = 0, .lines = (const float **)scratch};
    rows.copied = rows.lines + places;
    rows.taps = (lk_int *)(rows.copied + places);
    rows.copies = (float *)(rows.taps + places);
    for (lk_int i = 0; i < places; i++) rows.copied[i] = 0;
    return rows;
}

/// Turns to output row `row`. Rows of input are copied if there is padding, each once as long as
/// the window still covers it.
#define turn_to LK_(turn_to)
LK_INLINE void turn_to(
    tap_rows *rows, const lk_convolution *s, const float *x, lk_int row) {
    lk_int oh = row % s->out_height, rest = row / s->out_height;
    lk_int width = s->in_width * s->in_channels, pad = s->pad_width * s->in_channels;
    rows->count = 0;
    for (lk_int i = 0; i < s->kernel_time; i++)
        for (lk_int j = 0; j < s->kernel_height; j++) {
            lk_int t = rest % s->out_time * s->stride_time - s->pad_time + i;
            lk_int h = oh * s->stride_height - s->pad_height + j;
            if (t < 0 || t >= s->in_time || h < 0 || h >= s->in_height) continue;
            const float *line =
                x + ((rest / s->out_time * s->in_time + t) * s->in_height + h) * width;
            rows->taps[rows->count] = i * s->kernel_height + j;
            lk_int place = i * s->kernel_height + h % s->kernel_height;
            float *copy = rows->copies + place * (width + 2 * pad);
            rows->lines[rows->count++] = pad ? copy : line;
            if (pad == 0 || rows->copied[place] == line) continue;
            rows->copied[place] = line;
            memset(copy, 0, sizeof(float) * (size_t)pad);
            memcpy(copy + pad, line, sizeof(float) * (size_t)width);
            memset(copy + pad + width, 0, sizeof(float) * (size_t)pad);
        }
}

#if LK_LANES == 4
#define WIDTH 4
#define NARROW(name) LK_(name##_4)
#define WIDE(name) LK_(name##_4)
#else
#define WIDTH 8
#define NARROW(name) LK_(name##_8)
#define WIDE(name) LK_(name##_8)
#endif
#include "direct_blocks.h"
#undef WIDTH
#if LK_LANES == 16
#undef WIDE
#define WIDTH 16
#define WIDE(name) LK_(name##_16)
#include "direct_blocks.h"
#undef WIDTH
#endif

/// A line of `rows` output pixels, added to what lies there if `add`. w lies in panels (indirect.h)
/// that are `panel_depth` deep.
#define product LK_(product)
static void product(
    lk_int rows, const tap_rows *taps, lk_int depth, lk_int columns, lk_int x_stride,
    const float *w, lk_int panel_depth, int add, float *y) {
    for (lk_int n = 0; n < columns; n += PANEL) {
        const float *panel = w + n * panel_depth;
        lk_int end = columns - n < PANEL ? columns - n : PANEL, c = 0;
#define PRODUCT(form, vectors, width)                                                             \
    form(product_panel)(                                                                          \
        vectors, rows, taps, depth, x_stride, panel + c, width, add, y + n + c, columns)
#if LK_LANES == 16
        if (end > LK_NARROW)
            PRODUCT(WIDE, 1, end);
        else
            PRODUCT(NARROW, 1, end);
#else
        for (; c + LK_LANES < end; c += 2 * LK_LANES)
            PRODUCT(WIDE, 2, end - c < 2 * LK_LANES ? end - c : 2 * LK_LANES);
        if (c < end) PRODUCT(WIDE, 1, end - c);
#endif
#undef PRODUCT
    }
}

/// dw (depth, columns) += xT dy. Rows go in groups of 128: dy of a group stays in the first-level
/// cache for all blocks of depth, and sums of sums keep rounding errors small.
#define outer LK_(outer)
static void outer(
    lk_int rows, lk_int depth, lk_int columns, const float *x, lk_int x_stride, const float *dy,
    float *dw) {
    enum { group = 128 };
    for (lk_int r0 = 0; r0 < rows; r0 += group) {
        lk_int part = rows - r0 < group ? rows - r0 : group, n = 0;
        const float *xs = x + r0 * x_stride, *ds = dy + r0 * columns;
#define OUTER(form, vectors)                                                                      \
    form(outer_panel)(vectors, part, depth, xs, x_stride, ds + n, columns, dw + n, columns)
        for (; n + 2 * LK_LANES <= columns; n += 2 * LK_LANES) OUTER(WIDE, 2);
        for (; n + LK_LANES <= columns; n += LK_LANES) OUTER(WIDE, 1);
        if (LK_NARROW < LK_LANES)
            for (; n + LK_NARROW <= columns; n += LK_NARROW) OUTER(NARROW, 1);
#undef OUTER
        if (n == columns) continue;
        float padded[group * LK_NARROW], sums[DEPTHS * LK_NARROW];
        for (lk_int r = 0; r < part; r++)
            for (lk_int c = 0; c < LK_NARROW; c++)
                padded[r * LK_NARROW + c] = n + c < columns ? ds[r * columns + n + c] : 0.0f;
        for (lk_int k0 = 0; k0 < depth; k0 += DEPTHS) {
            lk_int some = depth - k0 < DEPTHS ? depth - k0 : DEPTHS;
            memset(sums, 0, sizeof sums);
            NARROW(outer_panel)(
                1, part, some, xs + k0, x_stride, padded, LK_NARROW, sums, LK_NARROW);
            for (lk_int k = 0; k < some; k++)
                for (lk_int c = n; c < columns; c++)
                    dw[(k0 + k) * columns + c] += sums[k * LK_NARROW + c - n];
        }
    }
}

LK_KERNEL(
    direct,
    (const lk_convolution *shape, const float *x, const float *packed, lk_int first, lk_int count,
     float *scratch, float *y, int accumulate),
    (shape, x, packed, first, count, scratch, y, accumulate)) {
    const lk_convolution s = *shape;
    lk_int depth = s.kernel_width * s.in_channels, out_row = s.out_width * s.out_channels;
    lk_int panel_depth = s.kernel_time * s.kernel_height * depth;
    tap_rows taps = start_rows(&s, scratch);
    for (lk_int row = first; row < first + count; row++) {
        turn_to(&taps, &s, x, row);
        product(
            s.out_width, &taps, depth, s.out_channels, s.stride_width * s.in_channels, packed,
            panel_depth, accumulate, y + row * out_row);
    }
}

LK_KERNEL(
    direct_weight_gradient,
    (const lk_convolution *shape, const float *x, const float *dy, lk_int first, lk_int count,
     float *scratch, float *dw),
    (shape, x, dy, first, count, scratch, dw)) {
    const lk_convolution s = *shape;
    lk_int depth = s.kernel_width * s.in_channels, out_row = s.out_width * s.out_channels;
    tap_rows taps = start_rows(&s, scratch);
    for (lk_int row = first; row < first + count; row++) {
        turn_to(&taps, &s, x, row);
        for (lk_int t = 0; t < taps.count; t++)
            outer(
                s.out_width, depth, s.out_channels, taps.lines[t], s.stride_width * s.in_channels,
                dy + row * out_row, dw + taps.taps[t] * depth * s.out_channels);
    }
}

#undef PANEL
#undef PIXELS
#undef DEPTHS
#undef NARROW
#undef WIDE
#endif
