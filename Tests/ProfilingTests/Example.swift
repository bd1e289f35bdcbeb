import Configuration

/// Small configurations whose networks have operations of every kind.
enum Example: String, CaseIterable {
    case twoBranch, sequences, paper

    private var model: String {
        switch self {
        case .twoBranch:
            """
            kind: slowfast-lstm
              classes: 4
              input: {frames: 4, size: 16}
              models: [{name: f1, alpha: 2}, {name: f2, alpha: 4}]
              slow: {block: basic, layers: [2, 1], width: 4, shortcut: A}
              fast: {channels: 4, hidden: 4, encoder: convlstm, bidirectional: true}
              sharing: {kind: same-level, templates: 2}
            """
        case .sequences:
            """
            kind: slowfast-lstm
              classes: 4
              input: {frames: 4, size: 16}
              models: [{name: f1, alpha: 2}]
              slow: {block: bottleneck, layers: [1, 1], width: 4, shortcut: B}
              fast: {channels: 4, hidden: 8, encoder: transformer, heads: 2, depth: 1}
            """
        case .paper:
            """
            kind: slowfast
              classes: 4
              input: {frames: 8, size: 32}
              alpha: 4
              beta_inverse: 4
              width: 8
              layers: [1, 1, 1, 1]
              dropout: 0.5
            """
        }
    }

    func configuration(_ overrides: String...) throws -> RunConfiguration {
        try RunConfiguration(
            yaml: """
                name: \(rawValue)
                model:
                  \(model)
                data: {path: none.h5}
                train: {batch: 5, slots: 2, optimizer: {kind: adam}}
                """, source: rawValue, overrides: overrides)
    }
}
