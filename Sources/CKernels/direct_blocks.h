// The inner blocks of direct.c, for vectors of WIDTH floats: direct.c includes this once for each
// width that an instruction set has a use for. Accumulators are a block of pixels, or of the
// kernel's depth, by one or two vectors of columns: as many as registers hold.

#if WIDTH == LK_NARROW
#define VEC narrow
#define LOAD load_narrow
#define BROADCAST broadcast_narrow
#define FMA fma_narrow
#else
#define VEC vec
#define LOAD load
#define BROADCAST broadcast
#define FMA fma_vec
#endif

#define NAMED_(name, width) LK_(name##_##width)
#define NAMED(name, width) NAMED_(name, width)

/// `rows` neighbouring pixels by `vectors` vectors of columns, over all tap rows. Both are
/// constants after inlining, so `sum` is registers. A sum is one chain, begun with what lies in y
/// if `add`.
LK_INLINE void NAMED(product_block, WIDTH)(
    const int rows, const int vectors, const LK_(tap_rows) *taps, lk_int depth, lk_int at,
    lk_int x_stride, const float *w, lk_int columns, int add, float *y, lk_int y_stride) {
    VEC sum[PIXELS][2];
    int whole = columns >= vectors * WIDTH;
    float partial[2 * WIDTH] = {0};
#pragma clang loop unroll(full)
    for (int r = 0; r < rows; r++) {
        const float *from = y + r * y_stride;
        if (add && !whole) {
            memcpy(partial, from, sizeof(float) * (size_t)columns);
            from = partial;
        }
#pragma clang loop unroll(full)
        for (int v = 0; v < vectors; v++) sum[r][v] = add ? LOAD(from + v * WIDTH) : (VEC){0};
    }
    for (lk_int t = 0; t < taps->count; t++) {
        // Four pixels share a pointer: one each would be more than there are registers.
        const float *x[PIXELS / 4], *b = w + taps->taps[t] * depth * PANEL;
#pragma clang loop unroll(full)
        for (int r = 0; r < rows; r += 4) x[r / 4] = taps->lines[t] + at + r * x_stride;
        for (lk_int k = 0; k < depth; k++, b += PANEL) {
            VEC weight[2];
#pragma clang loop unroll(full)
            for (int v = 0; v < vectors; v++) weight[v] = LOAD(b + v * WIDTH);
#pragma clang loop unroll(full)
            for (int r = 0; r < rows; r++) {
                VEC a = BROADCAST(x[r / 4][r % 4 * x_stride]);
#pragma clang loop unroll(full)
                for (int v = 0; v < vectors; v++) sum[r][v] = FMA(a, weight[v], sum[r][v]);
            }
#pragma clang loop unroll(full)
            for (int r = 0; r < rows; r += 4) x[r / 4]++;
        }
    }
#pragma clang loop unroll(full)
    for (int r = 0; r < rows; r++) {
        float *out = whole ? y + r * y_stride : partial;
#pragma clang loop unroll(full)
        for (int v = 0; v < vectors; v++) *(VEC *)(out + v * WIDTH) = sum[r][v];
        if (!whole) memcpy(y + r * y_stride, partial, sizeof(float) * (size_t)columns);
    }
}

/// `vectors` vectors of columns of a line of `rows` pixels.
LK_INLINE void NAMED(product_panel, WIDTH)(
    const int vectors, lk_int rows, const LK_(tap_rows) *taps, lk_int depth, lk_int x_stride,
    const float *w, lk_int columns, int add, float *y, lk_int y_stride) {
    const int block = PIXELS / vectors;
    lk_int r = 0;
#define ROWS(n)                                                                                   \
    for (; r + n <= rows; r += n)                                                                 \
    NAMED(product_block, WIDTH)                                                                   \
    (n, vectors, taps, depth, r * x_stride, x_stride, w, columns, add, y + r * y_stride, y_stride)
    ROWS(block);
    if (block > 8) ROWS(8);
    ROWS(4);
    ROWS(2);
    ROWS(1);
#undef ROWS
}

/// dw of `depth` rows by `vectors` vectors, over `rows` pixels.
LK_INLINE void NAMED(outer_block, WIDTH)(
    const int depth, const int vectors, lk_int rows, const float *x, lk_int x_stride,
    const float *dy, lk_int dy_stride, float *dw, lk_int dw_stride) {
    VEC sum[DEPTHS][2];
#pragma clang loop unroll(full)
    for (int k = 0; k < depth; k++)
#pragma clang loop unroll(full)
        for (int v = 0; v < vectors; v++) sum[k][v] = (VEC){0};
    for (lk_int r = 0; r < rows; r++) {
        VEC b[2];
#pragma clang loop unroll(full)
        for (int v = 0; v < vectors; v++) b[v] = LOAD(dy + r * dy_stride + v * WIDTH);
#pragma clang loop unroll(full)
        for (int k = 0; k < depth; k++) {
            VEC a = BROADCAST(x[r * x_stride + k]);
#pragma clang loop unroll(full)
            for (int v = 0; v < vectors; v++) sum[k][v] = FMA(a, b[v], sum[k][v]);
        }
    }
#pragma clang loop unroll(full)
    for (int k = 0; k < depth; k++)
#pragma clang loop unroll(full)
        for (int v = 0; v < vectors; v++) *(VEC *)(dw + k * dw_stride + v * WIDTH) += sum[k][v];
}

/// dw of all `depth` rows. Seven or three taps of three channels have blocks of their own.
LK_INLINE void NAMED(outer_panel, WIDTH)(
    const int vectors, lk_int rows, lk_int depth, const float *x, lk_int x_stride, const float *dy,
    lk_int dy_stride, float *dw, lk_int dw_stride) {
    const int block = DEPTHS / vectors;
    lk_int k = 0;
#define DEPTH(n)                                                                                  \
    for (; k + n <= depth; k += n)                                                                \
    NAMED(outer_block, WIDTH)                                                                     \
    (n, vectors, rows, x + k, x_stride, dy, dy_stride, dw + k * dw_stride, dw_stride)
    DEPTH(block);
    if (block > 21) DEPTH(21);
    if (block > 16) DEPTH(16);
    if (block > 9) DEPTH(9);
    if (block > 8) DEPTH(8);
    DEPTH(4);
    DEPTH(3);
    DEPTH(1);
#undef DEPTH
}

#undef NAMED_
#undef NAMED
#undef VEC
#undef LOAD
#undef BROADCAST
#undef FMA
