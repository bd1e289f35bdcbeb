import Charts
import Foundation
import Training

extension ConfusionMatrix {
    /// A picture of the counts, coloured by their share of the row.
    ///
    /// - Parameter subtitle: What was scored.
    func chart(title: String, subtitle: String) -> HeatMap {
        var map = HeatMap(
            title: title, subtitle: subtitle, rowTitle: "class", columnTitle: "predicted",
            rows: classNames, columns: classNames, scaleTitle: "share of the class's clips",
            cells: classNames.indices.map { row in
                classNames.indices.map { column in
                    counts[row][column] == 0
                        ? nil
                        : HeatMap.Cell(
                            share: share(of: row, takenFor: column) ?? 0,
                            text: "\(counts[row][column])")
                }
            })
        map.notesTitle = "right"
        map.notes = classNames.indices.map { row in
            share(of: row, takenFor: row).map { "\(Int((100 * $0).rounded())) %" } ?? "no clips"
        }
        return map
    }

    /// Counts, a row a class and a column a predicted one; the last column where a network yielded no numbers.
    var table: CSVTable {
        let isWhole = unanswered.allSatisfy { $0 == 0 }
        var table = CSVTable(columns: ["class"] + classNames + (isWhole ? [] : ["no number"]))
        for (index, name) in classNames.enumerated() {
            table.append(
                [name] + counts[index].map(String.init)
                    + (isWhole ? [] : ["\(unanswered[index])"]))
        }
        return table
    }
}

extension VideoResults {
    /// A row a video.
    func table(classNames: [String]) -> CSVTable {
        var table = CSVTable(columns: [
            "video", "label", "predicted", "label_probability", "predicted_probability", "correct",
            "clips",
        ])
        for video in videos {
            let top = video.distribution.top
            func probability(_ index: Int) -> String {
                String(format: "%.6f", video.distribution.probability(of: index))
            }
            table.append([
                video.name, classNames[video.label], top.map { classNames[$0] } ?? "",
                top == nil ? "" : probability(video.label), top.map(probability) ?? "",
                video.isCorrect ? "1" : "0", "\(video.clips)",
            ])
        }
        return table
    }
}
