/// An opaque colour in sRGB.
struct ChartColor: Hashable {
    let red: Double
    let green: Double
    let blue: Double

    /// - Parameter hex: 0xRRGGBB.
    init(_ hex: Int) {
        red = Double(hex >> 16 & 255)
        green = Double(hex >> 8 & 255)
        blue = Double(hex & 255)
    }

    private init(red: Double, green: Double, blue: Double) {
        self.red = red
        self.green = green
        self.blue = blue
    }

    static let paper = ChartColor(0xFFFFFF)
    static let ink = ChartColor(0x1F2933)
    /// Of what explains: ticks, notes.
    static let faint = ChartColor(0x6B7785)
    static let grid = ChartColor(0xE4E8ED)
    static let panel = ChartColor(0xF6F8FA)

    /// Colours of series, told apart with any kind of colour vision (Okabe and Ito, 2008).
    static let series = [0x0072B2, 0xE69F00, 0x009E73, 0xCC79A7, 0x56B4E9, 0xD55E00, 0x8C8C8C].map {
        ChartColor($0)
    }

    /// From nothing to everything: the blues of ColorBrewer (Harrower and Brewer, 2003).
    private static let blues = [
        0xDEEBF7, 0xC6DBEF, 0x9ECAE1, 0x6BAED6, 0x4292C6, 0x2171B5, 0x08519C, 0x08306B,
    ].map { ChartColor($0) }

    /// - Parameter share: 0 to 1.
    static func blue(_ share: Double) -> ChartColor {
        let place = min(max(share, 0), 1) * Double(blues.count - 1)
        let index = min(Int(place), blues.count - 2)
        let part = place - Double(index)
        func mix(_ key: KeyPath<ChartColor, Double>) -> Double {
            blues[index][keyPath: key] * (1 - part) + blues[index + 1][keyPath: key] * part
        }
        return ChartColor(red: mix(\.red), green: mix(\.green), blue: mix(\.blue))
    }

    /// Black or white, whichever is read better on this colour.
    var contrast: ChartColor {
        0.299 * red + 0.587 * green + 0.114 * blue > 150 ? .ink : .paper
    }

    /// As "#rrggbb".
    var hex: String {
        let digits = Array("0123456789abcdef")
        return "#"
            + [red, green, blue].map { part in
                let byte = Int(part.rounded())
                return "\(digits[byte >> 4])\(digits[byte & 15])"
            }.joined()
    }
}
