/// How many views of a clip are scored and averaged: windows in time, and squares of each.
public struct ViewGrid: Hashable, Sendable, CustomStringConvertible {
    public let temporal: Int
    public let spatial: Int

    /// The middle alone.
    public static let single = ViewGrid(temporal: 1, spatial: 1)

    /// - Precondition: Both are positive.
    public init(temporal: Int, spatial: Int) {
        precondition(temporal > 0 && spatial > 0, "a clip is seen at least once")
        self.temporal = temporal
        self.spatial = spatial
    }

    /// More windows or squares than this are taken for a slip of the keyboard.
    static let most = 1000

    /// The grid that is written as "10x3"; nil where the text is no such thing.
    public init?(_ text: String) {
        let parts = text.split(separator: "x", omittingEmptySubsequences: false)
        let counts = parts.compactMap { Int($0) }.filter { (1...Self.most).contains($0) }
        guard parts.count == 2, counts.count == 2 else { return nil }
        self.init(temporal: counts[0], spatial: counts[1])
    }

    public var count: Int { temporal * spatial }

    /// As "10x3".
    public var description: String { "\(temporal)x\(spatial)" }
}

extension ClipSampling {
    /// All views of a grid, window by window.
    ///
    /// - Throws: `ClipDecodingError.viewOutside` where the window does not fit the clip.
    public func views(
        _ grid: ViewGrid, sample: Int, clip: StoredShape
    ) throws(ClipDecodingError) -> [ClipView] {
        var views: [ClipView] = []
        for temporal in 0..<grid.temporal {
            for spatial in 0..<grid.spatial {
                views.append(
                    try view(
                        temporal: temporal, of: grid.temporal, spatial: spatial, of: grid.spatial,
                        sample: sample, clip: clip))
            }
        }
        return views
    }
}
