extension FloatBuffer {
    /// A part of this buffer, without a copy; it keeps the whole alive.
    ///
    /// - Precondition: `range` starts at a multiple of 16, so that the part is aligned as the whole is.
    public func slice(_ range: Range<Int>) -> FloatBuffer {
        precondition(range.lowerBound >= 0 && range.upperBound <= count, "a slice of \(count)")
        precondition(
            range.lowerBound * MemoryLayout<Float>.stride % FloatBuffer.alignment == 0,
            "a slice from \(range.lowerBound) is not aligned")
        return FloatBuffer(base: base + range.lowerBound, count: range.count, owner: self)
    }
}
