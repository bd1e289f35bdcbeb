// The products of the indirect convolution.
#include <string.h>

#include "indirect_kernels.h"

enum {
    /// Depth of the part of a panel that all rows walk before the next part: 256 x 16 floats stay in the
    /// first-level cache while pixels stream past.
    BLOCK_DEPTH = 256,
    /// Most (tap, channels) pieces in one part.
    BLOCK_PIECES = 32,
    /// Floats of a packed weight that stays in the second-level cache while pixels pass once.
    SMALL_WEIGHT = 48 * 1024,
    /// Floats of a packed weight that does not: its panels are asked for before they are needed.
    LARGE_WEIGHT = 512 * 1024,
    /// Most rows of tiles whose pixels come from the cache: those of a transformed input.
    FEW_ROWS = 48,
    /// Floats of a line of the cache.
    LINE = 16
};

// MARK: Tiles

// What is asked for ahead of its use may lie outside of what there is: asking reads nothing.

/// The pixels to ask for: `length` floats with each of the first `parts` panels. They come from memory, and a kernel
/// that waits for them loses a fourth of its speed.
typedef struct {
    const float *const *pixels;
    lk_int count, length, parts;
} ahead;

/// Asks for six rows' pixels, and for where their products go unless `column` is negative.
static inline void fetch_ahead(
    const ahead *ahead, lk_int row, lk_int part, float *const *rows, lk_int column) {
    const lk_int from = part * ahead->length;
    for (lk_int i = row; i < row + ROWS; i++) {
        for (lk_int k = 0; part < ahead->parts && k < ahead->length; k += LINE)
            __builtin_prefetch(ahead->pixels[i] + from + k);
        if (column >= 0) __builtin_prefetch(rows[i] + column, 1);
    }
}

/// Runs one part of the depth over all panels, and rows begin ..< count. The last rows and columns go by way of a spare
/// block, so that nothing outside of the tile is touched.
static void multiply_block(
    multiply_kernel *kernel, lk_int begin, lk_int count, lk_int pieces, const piece *piece,
    const float *packed, lk_int depth, lk_int first, lk_int columns, float *const *rows,
    int load, const ahead *ahead) {
    const lk_int groups = (count - begin + ROWS - 1) / ROWS, next = (depth + piece[0].at) * COLUMNS;
    const lk_int share = depth * columns > LARGE_WEIGHT ? BLOCK_DEPTH * COLUMNS / groups : 0;
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
            if (ahead && row + 2 * ROWS <= ahead->count)
                fetch_ahead(ahead, row + ROWS, n / COLUMNS, rows, load ? -1 : first + n);
            // The next panel's part, some of it with every group of rows.
            for (lk_int k = 0; k < share; k += LINE)
                __builtin_prefetch(panel + next + (row - begin) / ROWS * share + k, 0, 2);
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
        const lk_int panels = (columns + COLUMNS - 1) / COLUMNS;
        const lk_int length = ((channels + panels - 1) / panels + LINE - 1) / LINE * LINE;
        const ahead next = {table, count, length, (channels + length - 1) / length};
        const int comes = taps == 1 && count > FEW_ROWS;
        for (lk_int row = 0; row < count; row += ROWS)
            multiply_block(
                kernel, row, count - row < ROWS ? count : row + ROWS, taps, block, packed, depth,
                first, columns, rows, accumulate, comes ? &next : 0);
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
                kernel, 0, count, pieces, block, packed, depth, first, columns, rows, load, 0);
            load = 1;
            pieces = 0;
            room = BLOCK_DEPTH;
        }
    }
    if (pieces == 0) return;
    multiply_block(
        kernel, 0, count, pieces, block, packed, depth, first, columns, rows, load, 0);
}

/// One run of channels, gathered, against all panels; `next` bytes from each pixel lies what is gathered next.
static void outer_block(
    outer_kernel *const *kernels, lk_int count, const float *x, lk_int channels,
    const float *packed, lk_int columns, float *out, int accumulate, const float *const *pixels,
    lk_int next) {
    const lk_int calls = (columns + COLUMNS - 1) / COLUMNS * ((channels + ROWS - 1) / ROWS);
    const lk_int share = (count + calls - 1) / calls;
    lk_int r = 0;
    for (lk_int n = 0; n < columns; n += COLUMNS) {
        const float *panel = packed + n * count;
        const lk_int width = columns - n < COLUMNS ? columns - n : COLUMNS;
        for (lk_int k = 0; k < channels; k += ROWS) {
            const lk_int height = channels - k < ROWS ? channels - k : ROWS;
            float *to = out + k * columns + n;
            // What is gathered next comes from memory: some of it with every block.
            for (lk_int end = r + share < count ? r + share : count; r < end; r++) {
                const char *from = (const char *)pixels[r] + next;
                __builtin_prefetch(from);
                __builtin_prefetch(from + (OUTER_CHANNELS - 1) * sizeof(float));
            }
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
        // The last channels are mostly followed by the first ones of as many pixels more.
        lk_int next = (first + k + width) * (lk_int)sizeof(float);
        if (k + width == channels && count > 1)
            next = first * (lk_int)sizeof(float)
                + count * (lk_int)((intptr_t)pixels[1] - (intptr_t)pixels[0]);
        outer_block(
            kernels, count, x, width, packed, columns, out + k * columns, accumulate, pixels, next);
    }
}
