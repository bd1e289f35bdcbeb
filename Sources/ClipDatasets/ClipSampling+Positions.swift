extension ClipSampling {
    /// One of several views of a clip whose scores are averaged: nothing is drawn or mirrored.
    ///
    /// Windows lie evenly from the clip's beginning to its end. Squares lie evenly along the frame's
    /// longer side, left to right or, where it is taller than wide, top to bottom; of several each
    /// is as large as the frame's short side and resized to the input, as PySlowFast tests. A single
    /// window or square is the middle one, the square at the stored size, as `evaluation` sees it.
    ///
    /// - Parameters:
    ///   - temporal: which window, in 0 ..< temporalViews.
    ///   - spatial: which square, in 0 ..< spatialViews.
    ///   - clip: frames, height and width of the stored clip.
    /// - Throws: `ClipDecodingError.viewOutside` where the window does not fit the clip.
    public func view(
        temporal: Int, of temporalViews: Int, spatial: Int, of spatialViews: Int, sample: Int,
        clip: StoredShape
    ) throws(ClipDecodingError) -> ClipView {
        precondition((0..<temporalViews).contains(temporal), "no such window")
        precondition((0..<spatialViews).contains(spatial), "no such square")
        try check(clip, sample: sample)
        func start(_ index: Int, of count: Int, slack: Int) -> Int {
            count == 1 ? slack / 2 : index * slack / (count - 1)
        }
        let first = start(temporal, of: temporalViews, slack: clip.frames - spanFrames)
        let short = min(clip.height, clip.width)
        let side = spatialViews == 1 ? min(size, short) : short
        let (top, left) = (clip.height - side, clip.width - side)
        let isTall = clip.height > clip.width
        return ClipView(
            frames: (0..<frames).map { first + $0 * stride },
            crop: .square(
                Double(side),
                top: Double(start(spatial, of: isTall ? spatialViews : 1, slack: top)),
                left: Double(start(spatial, of: isTall ? 1 : spatialViews, slack: left))),
            size: size, isFlipped: false)
    }
}
