/// Where the parts of a heat map lie, in pixels.
struct HeatMapLayout {
    static let margin = 28.0
    /// Names wider than this are cut.
    private static let widestName = 200.0

    /// Side of a cell.
    let cell: Double
    let cellText: Double
    let nameText: Double
    /// Of the columns' names, in degrees clockwise.
    let turn: Double
    /// Room that the columns' names take above the panel.
    let nameHeight: Double
    let left: Double
    let top: Double
    let panelWidth: Double
    let panelHeight: Double
    let width: Double
    let height: Double
    let hasCellTexts: Bool

    init(_ map: HeatMap) {
        let most = max(map.rows.count, map.columns.count, 1)
        cell = most <= 8 ? 60 : most <= 14 ? 46 : most <= 30 ? 30 : most <= 60 ? 18 : 13
        nameText = most <= 14 ? 13 : most <= 30 ? 12 : most <= 60 ? 11 : 10
        let longest = map.cells.lazy.flatMap { $0 }.compactMap { $0?.text.count }.max() ?? 1
        let size = min(cell * 0.34, (cell - 6) / (0.6 * Double(longest)), 16)
        cellText = size
        // Smaller digits cannot be read; the pointer shows them.
        hasCellTexts = size >= 7.5
        turn = cell >= 30 ? -45 : -90
        let text = nameText
        func width(_ names: [String]) -> Double {
            min(
                names.map { SVGDocument.width(of: $0, size: text) }.max() ?? 0, Self.widestName)
        }
        let columnNames = width(map.columns)
        nameHeight = 12 + columnNames * (turn == -90 ? 1 : 0.71) + text
        left = Self.margin + 22 + width(map.rows) + 8
        top = 60 + 38 + nameHeight
        panelWidth = Double(map.columns.count) * cell
        panelHeight = Double(map.rows.count) * cell
        // Slanted names lean over the right edge.
        let lean = turn == -90 ? 0 : max(0, columnNames * 0.71 - cell / 2)
        let notes = width(map.notes + [map.notesTitle]) + 16
        let scale = 180 + 14 + SVGDocument.width(of: map.scaleTitle, size: 12)
        let heading = max(
            SVGDocument.width(of: map.title, size: 20) * 1.05,
            SVGDocument.width(of: map.subtitle, size: 13))
        self.width = max(
            left + max(panelWidth + max(lean, notes), scale) + Self.margin,
            heading + 2 * Self.margin)
        height = top + panelHeight + 24 + 25 + Self.margin
    }

    func fitted(_ name: String) -> String {
        SVGDocument.fitted(name, size: nameText, width: Self.widestName)
    }
}
