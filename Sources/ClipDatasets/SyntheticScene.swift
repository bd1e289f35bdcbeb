/// What stays the same through one synthetic clip: the shape, its colour, the background.
struct SyntheticScene {
    private let appearance: SyntheticAppearance
    private let size: Int
    private let color: [Double]
    private let background: [Double]
    /// Brightness gained across the background from edge to edge.
    private let slope: (x: Double, y: Double)
    /// How the shape is turned, as cosine and sine.
    private let turn: (Double, Double)

    /// The most by which a channel of the shape's colour varies between clips.
    private static let colorVariation = 0.12
    /// The channels of a shape of any colour.
    private static let anyLight = 0.45...0.95

    init(
        appearance: SyntheticAppearance, size: Int, anyColor: Bool, draws: inout ClipDrawSequence
    ) {
        self.appearance = appearance
        self.size = size
        let (red, green, blue) = appearance.color
        var color: [Double] = []
        for channel in [red, green, blue] {
            color.append(
                anyColor
                    ? draws.uniform(Self.anyLight)
                    : channel + draws.uniform(-Self.colorVariation...Self.colorVariation))
        }
        self.color = color
        background = (0..<ClipFormat.channels).map { _ in draws.uniform(0.10...0.25) }
        slope = (draws.uniform(-0.1...0.1), draws.uniform(-0.1...0.1))
        let angle = draws.uniform()
        turn = (Turn.cosine(angle), Turn.sine(angle))
    }

    /// Draws one frame over `noise`, uint8 (height, width, channel).
    func draw(
        _ pose: SyntheticMotion.Pose, noise: ArraySlice<Float>, into pixels: inout ArraySlice<UInt8>
    ) {
        var place = pixels.startIndex
        var noisePlace = noise.startIndex
        for row in 0..<size {
            for column in 0..<size {
                let covered = coverage(pose, row: row, column: column)
                let (x, y) = (Double(column) / Double(size), Double(row) / Double(size))
                let ground = slope.x * (x - 0.5) + slope.y * (y - 0.5)
                for channel in 0..<ClipFormat.channels {
                    let below = background[channel] + ground
                    let light =
                        below + (color[channel] - below) * covered + Double(noise[noisePlace])
                    pixels[place] = UInt8((min(max(light, 0), 1) * 255).rounded())
                    place += 1
                    noisePlace += 1
                }
            }
        }
    }

    /// How much of a pixel the shape covers, 0...1; opposite edges of the frame meet.
    private func coverage(_ pose: SyntheticMotion.Pose, row: Int, column: Int) -> Double {
        var x = (Double(column) + 0.5) / Double(size) - pose.x
        var y = (Double(row) + 0.5) / Double(size) - pose.y
        x -= x.rounded()
        y -= y.rounded()
        let (cosine, sine) = turn
        let (across, along) = ((cosine * x + sine * y), (cosine * y - sine * x))
        let edge = appearance.distance(across / pose.scale, along / pose.scale)
        return min(max(0.5 - edge * pose.scale * Double(size), 0), 1)
    }
}
