/// What only the order of a synthetic clip's frames tells.
///
/// At every single moment the position is uniform over a frame whose opposite edges meet, and the
/// scale uniform over its range, whatever the motion: one frame says nothing about it.
enum SyntheticMotion: Int, CaseIterable, Sendable {
    case right, left, down, up, clockwise, counterclockwise, growing, shrinking

    /// Where and how large the shape is at a moment, all in frame widths.
    struct Pose {
        var x: Double
        var y: Double
        var scale: Double
    }

    /// What a clip draws before it starts.
    struct Start {
        /// Place of the shape, or of the centre of its orbit, 0..<1.
        var x: Double
        var y: Double
        /// Where in its range the scale is, 0..<1.
        var scale: Double
        /// Where on its orbit the shape is, in turns.
        var phase: Double
        /// Frame widths a frame.
        var speed: Double
    }

    /// The scale's range, in frame widths (as a radius).
    static let scales = 0.20...0.28
    /// Frame widths a frame: 16 frames lead once around, and a step is well under the quarter of the
    /// frame that a network's coarsest map still tells apart.
    static let speeds = 0.05...0.07
    /// The radius of an orbit in frame widths.
    private static let orbit = 0.22
    /// Turns a frame of an orbit, and ranges a frame of growth, for each frame width of speed.
    private static let turnsPerWidth = 1.0
    private static let growthPerWidth = 1.6

    func pose(_ start: Start, frame: Int) -> Pose {
        let way = start.speed * Double(frame)
        var pose = Pose(x: start.x, y: start.y, scale: start.scale)
        switch self {
        case .right: pose.x += way
        case .left: pose.x -= way
        case .down: pose.y += way
        case .up: pose.y -= way
        case .clockwise, .counterclockwise:
            // Rows count downwards, so a growing angle turns clockwise to the eye.
            let sense = self == .clockwise ? 1.0 : -1.0
            let turns = start.phase + sense * way * Self.turnsPerWidth
            pose.x += Self.orbit * Turn.cosine(turns)
            pose.y += Self.orbit * Turn.sine(turns)
        case .growing: pose.scale += way * Self.growthPerWidth
        case .shrinking: pose.scale -= way * Self.growthPerWidth
        }
        let range = Self.scales
        pose.x -= pose.x.rounded(.down)
        pose.y -= pose.y.rounded(.down)
        pose.scale -= pose.scale.rounded(.down)
        pose.scale = range.lowerBound + (range.upperBound - range.lowerBound) * pose.scale
        return pose
    }
}

/// Sine and cosine of an angle in turns by Taylor's series: plain arithmetic, so that a seed gives
/// the same pixels with every C library.
enum Turn {
    static func cosine(_ turns: Double) -> Double { sine(turns + 0.25) }

    static func sine(_ turns: Double) -> Double {
        // Fold into a quarter of a turn on either side of zero.
        var turn = turns - turns.rounded()
        if turn > 0.25 { turn = 0.5 - turn }
        if turn < -0.25 { turn = -0.5 - turn }
        let x = turn * 2 * Double.pi
        var term = x
        var sum = x
        for order in stride(from: 3.0, through: 17.0, by: 2.0) {
            term *= -x * x / (order * (order - 1))
            sum += term
        }
        return sum
    }
}
