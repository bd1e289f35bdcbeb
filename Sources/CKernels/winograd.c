// Transforms of the Winograd convolution. Each is a product with a small matrix, on both sides where tiles are square;
// even and odd powers of the points +-a and +-b are summed apart, so that both signs share them.
#ifndef LK_PASS
#define LK_FILE "winograd.c"
#include "winograd_points.h"
#include "each_variant.h"

void lk_winograd_multiply(
    lk_int planes, lk_int count, lk_int channels, const float *v, lk_int v_plane, const float *packed,
    lk_int packed_plane, lk_int first, lk_int columns, float *m, lk_int m_plane) {
    const lk_int offset = 0;
    const float *table[LK_INDIRECT_PIXELS];
    float *rows[LK_INDIRECT_PIXELS];
    // The product counts columns from the packed matrix's first.
    for (lk_int p = 0; p < planes; p++) {
        for (lk_int i = 0; i < lk_indirect_padded(count); i++)
            table[i] = v + p * v_plane + (i < count ? i : 0) * channels;
        for (lk_int i = 0; i < count; i++) rows[i] = m + p * m_plane + i * columns;
        lk_indirect_multiply(
            count, 1, channels, table, &offset,
            packed + p * packed_plane + first * channels, channels, 0, columns, rows, 0);
    }
}

void lk_winograd_outer(
    lk_int count, lk_int channels, const float *v, lk_int first, lk_int rows, const float *w,
    lk_int columns, float *out, int accumulate) {
    const float *table[LK_INDIRECT_PIXELS];
    for (lk_int i = 0; i < count; i++) table[i] = v + i * channels;
    lk_indirect_outer(count, table, first, rows, w, columns, out, accumulate);
}
#else

// MARK: One dimension

/// Products of the input's six values with the points' dual polynomials.
#define input_points LK_(input_points)
LK_INLINE void input_points(const vec d[SEEN], vec v[SEEN]) {
    const vec both = broadcast(-(SQUARE_A + SQUARE_B)), product = broadcast(SQUARE_A * SQUARE_B);
    const vec even_a = fma_vec(broadcast(-SQUARE_B), d[2], d[4]);
    const vec odd_a = fma_vec(broadcast(-SQUARE_B), d[1], d[3]);
    const vec even_b = fma_vec(broadcast(-SQUARE_A), d[2], d[4]);
    const vec odd_b = fma_vec(broadcast(-SQUARE_A), d[1], d[3]);
    v[0] = fma_vec(product, d[0], fma_vec(both, d[2], d[4]));
    v[1] = fma_vec(broadcast(POINT_A), odd_a, even_a);
    v[2] = fma_vec(broadcast(-POINT_A), odd_a, even_a);
    v[3] = fma_vec(broadcast(POINT_B), odd_b, even_b);
    v[4] = fma_vec(broadcast(-POINT_B), odd_b, even_b);
    v[5] = fma_vec(product, d[1], fma_vec(both, d[3], d[5]));
}

/// Four output pixels from the products at the points.
#define output_pixels LK_(output_pixels)
LK_INLINE void output_pixels(const vec m[SEEN], vec y[TILE]) {
    const vec even_a = m[1] + m[2], odd_a = m[1] - m[2];
    const vec even_b = m[3] + m[4], odd_b = m[3] - m[4];
    y[0] = m[0] + (even_a + even_b);
    y[1] = fma_vec(broadcast(POINT_A), odd_a, broadcast(POINT_B) * odd_b);
    y[2] = fma_vec(broadcast(SQUARE_A), even_a, broadcast(SQUARE_B) * even_b);
    y[3] = fma_vec(
        broadcast(POINT_A * SQUARE_A), odd_a,
        fma_vec(broadcast(POINT_B * SQUARE_B), odd_b, m[5]));
}

/// The transpose of `output_pixels`.
#define gradient_points LK_(gradient_points)
LK_INLINE void gradient_points(const vec dy[TILE], vec w[SEEN]) {
    const vec even_a = fma_vec(broadcast(SQUARE_A), dy[2], dy[0]);
    const vec odd_a = fma_vec(broadcast(SQUARE_A), dy[3], dy[1]);
    const vec even_b = fma_vec(broadcast(SQUARE_B), dy[2], dy[0]);
    const vec odd_b = fma_vec(broadcast(SQUARE_B), dy[3], dy[1]);
    w[0] = dy[0];
    w[1] = fma_vec(broadcast(POINT_A), odd_a, even_a);
    w[2] = fma_vec(broadcast(-POINT_A), odd_a, even_a);
    w[3] = fma_vec(broadcast(POINT_B), odd_b, even_b);
    w[4] = fma_vec(broadcast(-POINT_B), odd_b, even_b);
    w[5] = dy[3];
}

// MARK: Tiles

/// A tile: of an image its first row and column; over time its first frame, and its pixel.
typedef struct {
    lk_int image, line, column;
} LK_(corner);
#define corner LK_(corner)

#define corner_of LK_(corner_of)
LK_INLINE corner corner_of(const int square, const lk_convolution *s, lk_int tile) {
    if (square) {
        const lk_int across = (s->out_width + TILE - 1) / TILE;
        const lk_int down = (s->out_height + TILE - 1) / TILE;
        return (corner){
            tile / (across * down), tile / across % down * TILE, tile % across * TILE};
    }
    const lk_int pixels = s->out_height * s->out_width, down = (s->out_time + TILE - 1) / TILE;
    return (corner){tile / (pixels * down), tile % pixels, tile / pixels % down * TILE};
}

/// The pixel (row, column) of a tile, counted from its corner, or `zeros` outside of the map. Over time, a column is a
/// frame.
#define pixel_at LK_(pixel_at)
LK_INLINE const float *pixel_at(
    const int square, corner at, lk_int row, lk_int column, lk_int pad_row, lk_int pad_column,
    lk_int height, lk_int width, lk_int time, lk_int channels, const float *x, const float *zeros) {
    const lk_int along = at.column - pad_column + column;
    if (square) {
        const lk_int line = at.line - pad_row + row;
        return line >= 0 && line < height && along >= 0 && along < width
            ? x + ((at.image * height + line) * width + along) * channels : zeros;
    }
    return along >= 0 && along < time
        ? x + ((at.image * time + along) * height * width + at.line) * channels : zeros;
}

#define input_tiles LK_(input_tiles)
LK_INLINE void input_tiles(
    const int square, const lk_convolution *s, const float *x, const float *zeros, lk_int first,
    lk_int count, lk_int plane, float *v) {
    const lk_int channels = s->in_channels;
    const int lines = square ? SEEN : 1;
    for (lk_int i = 0; i < count; i++, v += channels) {
        const corner at = corner_of(square, s, first + i);
        const float *pixels[SEEN][SEEN];
        for (lk_int r = 0; r < lines; r++)
            for (lk_int c = 0; c < SEEN; c++)
                pixels[r][c] = pixel_at(
                    square, at, r, c, s->pad_height, square ? s->pad_width : s->pad_time,
                    s->in_height, s->in_width, s->in_time, channels, x, zeros);
        for (lk_int k = 0; k < channels; k += LK_LANES) {
            vec half[SEEN][SEEN];
            for (int c = 0; c < SEEN; c++) {
                vec d[SEEN], to[SEEN];
                for (int r = 0; r < lines; r++) d[r] = load(pixels[r][c] + k);
                if (square) input_points(d, to);
                for (int r = 0; r < lines; r++) half[r][c] = square ? to[r] : d[r];
            }
            for (int r = 0; r < lines; r++) {
                vec to[SEEN];
                input_points(half[r], to);
                for (int c = 0; c < SEEN; c++) *(vec *)(v + (r * SEEN + c) * plane + k) = to[c];
            }
        }
    }
}

LK_KERNEL(
    winograd_input,
    (const lk_convolution *shape, const float *x, const float *zeros, lk_int first, lk_int count,
     lk_int plane, float *v),
    (shape, x, zeros, first, count, plane, v)) {
    if (shape->kernel_time == 1) input_tiles(1, shape, x, zeros, first, count, plane, v);
    else input_tiles(0, shape, x, zeros, first, count, plane, v);
}

#define output_tiles LK_(output_tiles)
LK_INLINE void output_tiles(
    const int square, const lk_convolution *s, const float *m, lk_int plane, lk_int first,
    lk_int count, lk_int column, lk_int columns, float *y, int accumulate) {
    const lk_int channels = s->out_channels, image = s->out_height * s->out_width * channels;
    const lk_int line = s->out_width * channels, step = square ? channels : image;
    const int lines = square ? TILE : 1;
    for (lk_int i = 0; i < count; i++, m += columns) {
        const corner at = corner_of(square, s, first + i);
        const lk_int below = square ? s->out_height - at.line : 1;
        const lk_int right = (square ? s->out_width : s->out_time) - at.column;
        const lk_int height = below < lines ? below : lines, width = right < TILE ? right : TILE;
        float *to = y + column
            + (square ? at.image * image + at.line * line
                      : at.image * s->out_time * image + at.line * channels)
            + at.column * step;
        for (lk_int n = 0; n < columns; n += LK_LANES) {
            vec half[TILE][SEEN];
            for (int c = 0; c < SEEN; c++) {
                vec from[SEEN], some[TILE];
                for (int r = 0; r < (square ? SEEN : 1); r++)
                    from[r] = load(m + (r * SEEN + c) * plane + n);
                if (square) output_pixels(from, some);
                for (int r = 0; r < lines; r++) half[r][c] = square ? some[r] : from[r];
            }
            for (lk_int r = 0; r < height; r++) {
                vec some[TILE];
                output_pixels(half[r], some);
                for (lk_int c = 0; c < width; c++) {
                    float *place = to + r * line + c * step + n;
                    *(vec *)place = accumulate ? load(place) + some[c] : some[c];
                }
            }
        }
    }
}

LK_KERNEL(
    winograd_output,
    (const lk_convolution *shape, const float *m, lk_int plane, lk_int first, lk_int count,
     lk_int column, lk_int columns, float *y, int accumulate),
    (shape, m, plane, first, count, column, columns, y, accumulate)) {
    if (shape->kernel_time == 1)
        output_tiles(1, shape, m, plane, first, count, column, columns, y, accumulate);
    else output_tiles(0, shape, m, plane, first, count, column, columns, y, accumulate);
}

#define gradient_tiles LK_(gradient_tiles)
LK_INLINE void gradient_tiles(
    const int square, const lk_convolution *s, const float *dy, const float *zeros, lk_int first,
    lk_int count, lk_int panel_depth, lk_int plane, float *w) {
    const lk_int channels = s->out_channels;
    const int lines = square ? TILE : 1;
    for (lk_int i = 0; i < count; i++, w += PANEL) {
        const corner at = corner_of(square, s, first + i);
        const float *pixels[TILE][TILE];
        for (lk_int r = 0; r < lines; r++)
            for (lk_int c = 0; c < TILE; c++)
                pixels[r][c] = pixel_at(
                    square, at, r, c, 0, 0, s->out_height, s->out_width, s->out_time, channels, dy,
                    zeros);
        for (lk_int n = 0; n < channels; n += LK_LANES) {
            float *to = w + n / PANEL * panel_depth * PANEL + n % PANEL;
            vec half[SEEN][TILE];
            for (int c = 0; c < TILE; c++) {
                vec d[TILE], some[SEEN];
                for (int r = 0; r < lines; r++) d[r] = load(pixels[r][c] + n);
                if (square) gradient_points(d, some);
                for (int r = 0; r < (square ? SEEN : 1); r++) half[r][c] = square ? some[r] : d[r];
            }
            for (int r = 0; r < (square ? SEEN : 1); r++) {
                vec some[SEEN];
                gradient_points(half[r], some);
                for (int c = 0; c < SEEN; c++) *(vec *)(to + (r * SEEN + c) * plane) = some[c];
            }
        }
    }
}

LK_KERNEL(
    winograd_output_gradient,
    (const lk_convolution *shape, const float *dy, const float *zeros, lk_int first, lk_int count,
     lk_int panel_depth, lk_int plane, float *w),
    (shape, dy, zeros, first, count, panel_depth, plane, w)) {
    if (shape->kernel_time == 1)
        gradient_tiles(1, shape, dy, zeros, first, count, panel_depth, plane, w);
    else gradient_tiles(0, shape, dy, zeros, first, count, panel_depth, plane, w);
}

#endif
