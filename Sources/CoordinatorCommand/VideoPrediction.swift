import Foundation

/// What `predict` tells of a video.
struct VideoPrediction: Encodable {
    struct Class: Encodable {
        let name: String
        let probability: Double
    }

    let video: String
    var frames: Int?
    var views: Int?
    /// The most probable ones, in order.
    var classes: [Class] = []
    /// Why there is nothing else.
    var error: String?

    /// Columns of the bar of what is certain.
    private static let barWidth = 30

    /// A table with bars.
    var text: String {
        let width = classes.map(\.name.count).max() ?? 0
        let seen = [frames.map { "\($0) frames" }, views.map { "\($0) views" }]
            .compactMap(\.self).joined(separator: ", ")
        return
            (["\(video)  (\(seen))"]
            + classes.map { one in
                let gap = String(repeating: " ", count: width - one.name.count)
                let eighths = Int((one.probability * Double(Self.barWidth * 8)).rounded())
                return "  \(one.name)\(gap)  "
                    + String(format: "%5.1f %%", 100 * one.probability) + "  "
                    + Self.bar(eighths: eighths)
            }).joined(separator: "\n")
    }

    private static func bar(eighths: Int) -> String {
        let rest = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"]
        return String(repeating: "█", count: eighths / 8) + rest[eighths % 8]
    }
}
