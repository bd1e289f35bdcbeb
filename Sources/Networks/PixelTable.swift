import CKernels

/// Table and rows of one tile, in a thread's scratch memory.
struct PixelTable {
    let pixels: UnsafeMutablePointer<UnsafePointer<Float>?>
    let rows: UnsafeMutablePointer<UnsafeMutablePointer<Float>?>
    /// Memory behind the pointers: packed rows.
    let rest: UnsafeMutablePointer<Float>

    init(_ scratch: UnsafeMutableRawPointer, taps: Int) {
        let padded = lk_indirect_padded(TiledConvolution.mostRows)
        let stride = MemoryLayout<UnsafePointer<Float>>.stride
        rows = scratch.assumingMemoryBound(to: UnsafeMutablePointer<Float>?.self)
        pixels = (scratch + padded * stride)
            .assumingMemoryBound(to: UnsafePointer<Float>?.self)
        rest = (scratch + (taps + 1) * padded * stride).assumingMemoryBound(to: Float.self)
    }

    func setRows(_ first: UnsafeMutablePointer<Float>, stride: Int, count: Int) {
        for row in 0..<count { rows[row] = first + row * stride }
    }

    /// Sets some columns of the first `count` rows to zero.
    func clearRows(_ count: Int, columns: Range<Int>) {
        for row in 0..<count {
            lk_fill(columns.count, 0, rows[row].unsafelyUnwrapped + columns.lowerBound)
        }
    }
}
