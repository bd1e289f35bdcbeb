import Configuration

/// A complete configuration, small enough to change one line at a time.
let example = """
    name: example
    seed: 7
    model:
      kind: slowfast-lstm
      classes: 5
      input: {frames: 8, size: 32}
      models:
        - {name: f1, alpha: 4}
        - {name: f2, alpha: 2, weight: 0.5}
      slow: {block: basic, layers: [1, 1], width: 8, shortcut: B}
      fast: {channels: 8, hidden: 4, encoder: convlstm, bidirectional: true}
      sharing: {kind: same-level, templates: 2}
      loss: {reduce: clip, ensemble: 0.25}
    data:
      path: clips.h5
    train:
      batch: 8
      slots: 4
      epochs: 3
      optimizer: {kind: sgd, rate: 0.05}
      schedule: {kind: cosine, warmup_epochs: 1}
      checkpoint_every: 10 steps
    """

/// The problems of a text, or none if it is sound.
func problems(in yaml: String, overrides: [String] = []) -> [ConfigurationProblem] {
    do throws(ConfigurationError) {
        _ = try RunConfiguration(yaml: yaml, source: "example.yaml", overrides: overrides)
        return []
    } catch {
        return error.problems
    }
}

/// The only problem of the example after `overrides`; two are as wrong as none.
func problem(of overrides: String...) -> String {
    problems(in: example, overrides: overrides).map(\.description).joined(separator: "\n")
}
