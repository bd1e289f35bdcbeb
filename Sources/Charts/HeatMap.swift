/// A table of shares as a picture: a square of colour a cell, with names at both sides.
public struct HeatMap: Sendable {
    public struct Cell: Sendable, Hashable {
        /// What the colour says, 0 to 1.
        public var share: Double
        /// What is written into the cell where there is room, and shown under the pointer.
        public var text: String

        public init(share: Double, text: String) {
            self.share = share
            self.text = text
        }
    }

    public var title: String
    public var subtitle: String
    /// What rows and columns are.
    public var rowTitle: String
    public var columnTitle: String
    public var rows: [String]
    public var columns: [String]
    /// A short text beside each row; none where empty.
    public var notes: [String] = []
    public var notesTitle = ""
    /// What the colour says.
    public var scaleTitle: String
    /// By row, then column. An empty cell is nil.
    public var cells: [[Cell?]]

    public init(
        title: String, subtitle: String, rowTitle: String, columnTitle: String, rows: [String],
        columns: [String], scaleTitle: String, cells: [[Cell?]]
    ) {
        precondition(cells.count == rows.count && cells.allSatisfy { $0.count == columns.count })
        self.title = title
        self.subtitle = subtitle
        self.rowTitle = rowTitle
        self.columnTitle = columnTitle
        self.rows = rows
        self.columns = columns
        self.scaleTitle = scaleTitle
        self.cells = cells
    }

    /// The picture as an SVG file.
    public var svg: String {
        let layout = HeatMapLayout(self)
        var document = SVGDocument(width: layout.width, height: layout.height)
        drawTitles(&document, layout)
        drawCells(&document, layout)
        drawNames(&document, layout)
        drawScale(&document, layout)
        return document.xml
    }

    private func drawTitles(_ document: inout SVGDocument, _ layout: HeatMapLayout) {
        document.text(title, x: HeatMapLayout.margin, y: 38, size: 20, isBold: true)
        document.text(subtitle, x: HeatMapLayout.margin, y: 60, size: 13, fill: .faint)
        document.text(
            columnTitle, x: layout.left + layout.panelWidth / 2,
            y: layout.top - layout.nameHeight - 10,
            size: 13, fill: .faint, anchor: .middle)
        document.text(
            rowTitle, x: HeatMapLayout.margin + 4, y: layout.top + layout.panelHeight / 2, size: 13,
            fill: .faint, anchor: .middle, turn: -90)
    }

    private func drawCells(_ document: inout SVGDocument, _ layout: HeatMapLayout) {
        let cell = layout.cell
        document.rectangle(
            x: layout.left, y: layout.top, width: layout.panelWidth, height: layout.panelHeight,
            fill: .panel)
        for line in 0...rows.count {
            let y = layout.top + Double(line) * cell
            document.line(
                from: (layout.left, y), to: (layout.left + layout.panelWidth, y), stroke: .grid)
        }
        for line in 0...columns.count {
            let x = layout.left + Double(line) * cell
            document.line(
                from: (x, layout.top), to: (x, layout.top + layout.panelHeight), stroke: .grid)
        }
        for (row, values) in cells.enumerated() {
            for (column, value) in values.enumerated() {
                guard let value else { continue }
                let x = layout.left + Double(column) * cell
                let y = layout.top + Double(row) * cell
                let color = ChartColor.blue(value.share)
                document.rectangle(
                    x: x + 0.5, y: y + 0.5, width: cell - 1, height: cell - 1, fill: color,
                    tip: "\(rows[row]) → \(columns[column]): \(value.text)")
                if layout.hasCellTexts {
                    document.text(
                        value.text, x: x + cell / 2, y: y + cell / 2 + layout.cellText * 0.36,
                        size: layout.cellText, fill: color.contrast, anchor: .middle)
                }
            }
        }
    }

    private func drawNames(_ document: inout SVGDocument, _ layout: HeatMapLayout) {
        let size = layout.nameText
        for (row, name) in rows.enumerated() {
            let y = layout.top + (Double(row) + 0.5) * layout.cell + size * 0.36
            document.text(
                layout.fitted(name), x: layout.left - 8, y: y, size: size, anchor: .end)
            if notes.indices.contains(row) {
                document.text(
                    notes[row], x: layout.left + layout.panelWidth + 8, y: y, size: size,
                    fill: .faint)
            }
        }
        if !notesTitle.isEmpty {
            document.text(
                notesTitle, x: layout.left + layout.panelWidth + 8, y: layout.top - 8, size: size,
                fill: .faint)
        }
        for (column, name) in columns.enumerated() {
            let x = layout.left + (Double(column) + 0.5) * layout.cell
            // Turned, the baseline lies beside the middle of the column.
            document.text(
                layout.fitted(name),
                x: x + (layout.turn == -90 ? size * 0.36 : 0), y: layout.top - 8, size: size,
                turn: layout.turn)
        }
    }

    private func drawScale(_ document: inout SVGDocument, _ layout: HeatMapLayout) {
        let (width, steps) = (180.0, 60)
        let y = layout.top + layout.panelHeight + 24
        for step in 0..<steps {
            document.rectangle(
                x: layout.left + Double(step) * width / Double(steps), y: y,
                width: width / Double(steps) + 0.5, height: 10,
                fill: .blue((Double(step) + 0.5) / Double(steps)))
        }
        for (share, text) in [(0.0, "0 %"), (0.5, "50 %"), (1.0, "100 %")] {
            document.text(
                text, x: layout.left + share * width, y: y + 25, size: 11, fill: .faint,
                anchor: share == 0 ? .start : share == 1 ? .end : .middle)
        }
        document.text(
            scaleTitle, x: layout.left + width + 14, y: y + 9.5, size: 12, fill: .faint)
    }
}
