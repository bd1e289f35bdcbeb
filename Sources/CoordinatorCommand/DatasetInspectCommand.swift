import ArgumentParser
import ClipDatasets
import Foundation

/// `coordinator dataset inspect`: says what a file holds.
struct DatasetInspectCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect",
        abstract: "Show a dataset's splits, classes, shapes and sizes.",
        discussion: """
            Example: coordinator dataset inspect clips.h5
            """)

    @Argument(help: "The file to look into.", completion: .datasets)
    var file: String

    @Flag(help: "Print JSON.")
    var json = false

    func run() throws {
        let dataset = try ClipDataset(path: file)
        let bytes = try FileManager.default.attributesOfItem(atPath: file)[.size] as? Int ?? 0
        let summary = try dataset.summary(fileBytes: bytes)
        if json {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
            encoder.keyEncodingStrategy = .convertToSnakeCase
            print(String(decoding: try encoder.encode(summary), as: UTF8.self))
        } else {
            print(DatasetTable(summary).text)
        }
    }
}

/// A summary laid out for a terminal.
private struct DatasetTable {
    private let summary: ClipDatasetSummary
    /// Columns of the longest bar of the histogram.
    private static let barWidth = 24

    init(_ summary: ClipDatasetSummary) { self.summary = summary }

    var text: String {
        var lines = [
            "\(summary.path)",
            "  \(Self.bytes(summary.fileBytes)), format version \(summary.version), "
                + "\(summary.classNames.count) classes",
            "  digest \(summary.digest)",
        ]
        if let stride = summary.frameStride, stride > 1 {
            lines.append("  one frame in \(stride) of the videos")
        }
        lines.append("")
        for split in summary.splits { lines += describe(split) }
        return (lines + histogram).joined(separator: "\n")
    }

    private func describe(_ split: ClipDatasetSummary.Split) -> [String] {
        let frames =
            split.frames[0] == split.frames[1]
            ? "\(split.frames[0])" : "\(split.frames[0]) to \(split.frames[1])"
        let videos = split.videos.map { " of \($0) videos" } ?? ""
        let chunk =
            split.chunk.map {
                "chunks of \($0.map { "\($0)" }.joined(separator: " x "))"
            } ?? "in one piece"
        let filters = split.compression.isEmpty ? "none" : split.compression.joined(separator: ", ")
        let percent =
            split.rawBytes > 0 ? Int(100 * Double(split.storedBytes) / Double(split.rawBytes)) : 0
        return [
            "\(split.name): \(split.clips) clips\(videos)",
            "  shape    \(frames) frames of \(split.width) x \(split.height), RGB",
            "  layout   \(split.layout), \(chunk), filters: \(filters)",
            "  stored   \(Self.bytes(split.storedBytes)), \(percent) % of "
                + "\(Self.bytes(split.rawBytes)) decoded",
            "",
        ]
    }

    /// One line a class: a bar for its clips in the largest split, and numbers for all.
    private var histogram: [String] {
        let names = summary.classNames
        let nameWidth = max(5, names.map(\.count).max() ?? 0)
        let most = max(1, summary.splits.flatMap(\.clipsPerClass).max() ?? 1)
        var lines = [
            Self.pad("class", nameWidth) + "  "
                + summary.splits.map { Self.pad(left: $0.name, 7) }.joined()
        ]
        for (index, name) in names.enumerated() {
            let counts = summary.splits.map { $0.clipsPerClass[index] }
            let widest = counts.max() ?? 0
            let bar = String(
                repeating: "▇", count: (widest * Self.barWidth + most - 1) / most)
            lines.append(
                Self.pad(name, nameWidth) + "  "
                    + counts.map { Self.pad(left: "\($0)", 7) }.joined() + "  " + bar)
        }
        return lines
    }

    private static func pad(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }

    private static func pad(left text: String, _ width: Int) -> String {
        String(repeating: " ", count: max(0, width - text.count)) + text
    }

    /// As "12.3 MB", in powers of ten, like `ls --si`.
    private static func bytes(_ count: Int) -> String {
        var value = Double(count)
        for unit in ["bytes", "kB", "MB", "GB"] {
            if value < 1000 {
                return unit == "bytes"
                    ? "\(count) bytes" : "\((value * 10).rounded() / 10) \(unit)"
            }
            value /= 1000
        }
        return "\((value * 10).rounded() / 10) TB"
    }
}
