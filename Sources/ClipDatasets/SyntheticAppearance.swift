/// What one frame of a synthetic clip shows: a shape in a colour.
enum SyntheticAppearance: Int, CaseIterable, Sendable {
    case disc, square, triangle, cross, ring, bar, diamond, pair

    /// A colour and a shape, as "red-disc".
    var name: String { "\(colorName)-\(self)" }

    private var colorName: String {
        switch self {
        case .disc: "red"
        case .square: "green"
        case .triangle: "blue"
        case .cross: "yellow"
        case .ring: "magenta"
        case .bar: "cyan"
        case .diamond: "orange"
        case .pair: "white"
        }
    }

    /// Red, green and blue, 0...1, before each clip's own variation.
    var color: (Double, Double, Double) {
        switch self {
        case .disc: (0.90, 0.20, 0.20)
        case .square: (0.20, 0.85, 0.25)
        case .triangle: (0.25, 0.35, 0.95)
        case .cross: (0.95, 0.90, 0.20)
        case .ring: (0.90, 0.25, 0.90)
        case .bar: (0.20, 0.90, 0.90)
        case .diamond: (0.95, 0.55, 0.10)
        case .pair: (0.95, 0.95, 0.95)
        }
    }

    /// Roughly the distance to the shape's edge, negative inside, for a shape of radius 1.
    func distance(_ x: Double, _ y: Double) -> Double {
        let radius = (x * x + y * y).squareRoot()
        let (across, along) = (abs(x), abs(y))
        switch self {
        case .disc: return radius - 0.9
        case .square: return max(across, along) - 0.8
        case .triangle: return max(0.866 * across + 0.5 * y, -y) - 0.5
        case .cross: return min(max(across - 1, along - 0.33), max(across - 0.33, along - 1))
        case .ring: return abs(radius - 0.75) - 0.25
        case .bar: return max(across - 1, along - 0.4)
        case .diamond: return 0.707 * (across + along) - 0.75
        case .pair:
            let offset = across - 0.55
            return (offset * offset + y * y).squareRoot() - 0.42
        }
    }
}
