/// A picture as SVG 1.1, element by element in the order of painting. The same calls give the same text.
///
/// Texts and attributes are escaped here and nowhere else, so that any class name can be drawn.
struct SVGDocument {
    /// Pixels.
    let width: Double
    let height: Double
    private var elements: [String] = []

    /// Programs that do not have the first have one of the others.
    static let fonts = "Helvetica Neue, Helvetica, Arial, Liberation Sans, DejaVu Sans, sans-serif"

    init(width: Double, height: Double, background: ChartColor = .paper) {
        self.width = width
        self.height = height
        rectangle(x: 0, y: 0, width: width, height: height, fill: background)
    }

    enum Anchor: String { case start, middle, end }

    mutating func rectangle(
        x: Double, y: Double, width: Double, height: Double, fill: ChartColor, tip: String? = nil,
        radius: Double = 0
    ) {
        var attributes = [
            ("x", Self.number(x)), ("y", Self.number(y)), ("width", Self.number(width)),
            ("height", Self.number(height)), ("fill", fill.hex),
        ]
        if radius > 0 { attributes.append(("rx", Self.number(radius))) }
        // A tip is shown where the pointer rests.
        add("rect", attributes, tip.map { "<title>\(Self.escaped($0))</title>" })
    }

    mutating func line(
        from start: (x: Double, y: Double), to end: (x: Double, y: Double), stroke: ChartColor,
        width: Double = 1
    ) {
        add(
            "line",
            [
                ("x1", Self.number(start.x)), ("y1", Self.number(start.y)),
                ("x2", Self.number(end.x)), ("y2", Self.number(end.y)), ("stroke", stroke.hex),
                ("stroke-width", Self.number(width)),
            ])
    }

    /// - Parameters:
    ///   - y: of the baseline.
    ///   - turn: degrees clockwise about (x, y).
    mutating func text(
        _ text: String, x: Double, y: Double, size: Double, fill: ChartColor = .ink,
        anchor: Anchor = .start, turn: Double = 0, isBold: Bool = false
    ) {
        var attributes = [
            ("x", Self.number(x)), ("y", Self.number(y)), ("font-size", Self.number(size)),
            ("fill", fill.hex),
        ]
        if anchor != .start { attributes.append(("text-anchor", anchor.rawValue)) }
        if isBold { attributes.append(("font-weight", "600")) }
        if turn != 0 {
            let place = "\(Self.number(turn)) \(Self.number(x)) \(Self.number(y))"
            attributes.append(("transform", "rotate(\(place))"))
        }
        add("text", attributes, Self.escaped(text))
    }

    /// The whole file.
    var xml: String {
        let size = "width=\"\(Self.number(width))\" height=\"\(Self.number(height))\""
        let box = "viewBox=\"0 0 \(Self.number(width)) \(Self.number(height))\""
        let head =
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
            + "<svg xmlns=\"http://www.w3.org/2000/svg\" \(size) \(box) "
            + "font-family=\"\(Self.fonts)\">\n"
        return head + elements.joined(separator: "\n") + "\n</svg>\n"
    }

    private mutating func add(
        _ name: String, _ attributes: [(String, String)], _ contents: String? = nil
    ) {
        let list = attributes.map { " \($0)=\"\(Self.escaped($1))\"" }.joined()
        elements.append("  <\(name)\(list)" + (contents.map { ">\($0)</\(name)>" } ?? "/>"))
    }

    /// Text for contents or an attribute. Characters that XML 1.0 forbids become the replacement character.
    static func escaped(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "'": result += "&apos;"
            case "\t", "\n", "\r": result += " "
            case "\u{0}"..<"\u{20}", "\u{FFFE}", "\u{FFFF}": result += "\u{FFFD}"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    /// At most two decimals, and none that says nothing.
    static func number(_ value: Double) -> String {
        guard value.isFinite else { return "0" }
        let hundredths = Int((abs(value) * 100).rounded())
        let sign = value < 0 && hundredths > 0 ? "-" : ""
        let (whole, rest) = hundredths.quotientAndRemainder(dividingBy: 100)
        if rest == 0 { return "\(sign)\(whole)" }
        let decimals = rest < 10 ? "0\(rest)" : rest.isMultiple(of: 10) ? "\(rest / 10)" : "\(rest)"
        return "\(sign)\(whole).\(decimals)"
    }

    /// About how wide a text is drawn; which font there will be is not known.
    static func width(of text: String, size: Double) -> Double {
        var ems = 0.0
        for scalar in text.unicodeScalars {
            switch scalar {
            case "i", "j", "l", "t", "f", "I", ".", ",", ":", ";", "'", "|", "!", " ", "(", ")":
                ems += 0.33
            case "m", "w", "M", "W", "@", "%": ems += 0.88
            case "A"..."Z": ems += 0.7
            // Letters of East Asia, and pictures, are as wide as they are high.
            case "\u{2E80}"..."\u{FFEF}", "\u{1F000}"..."\u{3FFFF}": ems += 1
            default: ems += 0.57
            }
        }
        return ems * size
    }

    /// The text, cut with an ellipsis where it is wider than `width`.
    static func fitted(_ text: String, size: Double, width: Double) -> String {
        guard Self.width(of: text, size: size) > width else { return text }
        var kept = text
        while !kept.isEmpty, Self.width(of: kept + "…", size: size) > width { kept.removeLast() }
        return kept + "…"
    }
}
