import Glibc

extension RunConfiguration {
    /// Reads the file at `path` and applies `overrides` (`key.path=value`) in order.
    ///
    /// - Throws: `ConfigurationError` with everything that is wrong, one problem a line.
    public init(
        contentsOf path: String, overrides: [String] = []
    ) throws(ConfigurationError) {
        let text = try readText(path)
        try self.init(yaml: text, source: path, overrides: overrides)
    }

    /// Reads a configuration from YAML text. `source` names the text in errors.
    ///
    /// - Throws: `ConfigurationError` with everything that is wrong, one problem a line.
    public init(
        yaml: String, source: String = "config", overrides: [String] = []
    ) throws(ConfigurationError) {
        self = try resolve(yaml, source: source, overrides: overrides) { section in
            RunConfiguration(reading: &section)
        } problems: {
            $0.problems()
        }
    }

    init(reading section: inout SectionReader) {
        self.init(
            name: section.text("name", default: "run"),
            seed: section.unsigned("seed", default: 1),
            model: section.section("model") { ModelConfiguration(reading: &$0) },
            data: section.section("data") { DataConfiguration(reading: &$0) },
            train: section.section("train") { TrainingConfiguration(reading: &$0) },
            transport: section.section("transport") { TransportConfiguration(reading: &$0) })
    }
}

extension ModelConfiguration {
    /// Reads a `model` section alone: its keys at the top of the text, or under `model`.
    ///
    /// - Throws: `ConfigurationError` with everything that is wrong, one problem a line.
    public init(yaml: String, source: String = "model") throws(ConfigurationError) {
        self = try resolve(yaml, source: source, overrides: [], within: "model") { section in
            ModelConfiguration(reading: &section)
        } problems: {
            $0.problems(at: "")
        }
    }
}

extension TransportConfiguration {
    /// The defaults, and what overrides (`transport.worker_timeout=10s`) make of them.
    ///
    /// - Throws: `ConfigurationError` with everything that is wrong, one problem a line.
    public init(overrides: [String]) throws(ConfigurationError) {
        self = try resolve("{}", source: "the defaults", overrides: overrides) { section in
            section.section("transport") { TransportConfiguration(reading: &$0) }
        } problems: {
            $0.problems(at: "transport")
        }
    }
}

/// Parses, overrides, reads, and checks. A value that could not be read stands in by its default, so
/// that its own range and its fit with other keys are not reported on top.
private func resolve<Value>(
    _ yaml: String, source: String, overrides: [String], within key: String? = nil,
    read: (inout SectionReader) -> Value, problems: (Value) -> [ConfigurationProblem]
) throws(ConfigurationError) -> Value {
    var tree = try ConfigurationNode.parse(yaml) { line in
        line.map { .line($0, source: source) } ?? .source(source)
    }
    if let key, let section = tree[key] { tree = section }
    var overrideProblems: [ConfigurationProblem] = []
    for argument in overrides {
        do {
            try tree.override(with: argument)
        } catch {
            overrideProblems += error.problems
        }
    }
    let report = SectionReader.Report()
    var section = SectionReader(tree, path: "", report: report)
    let value = read(&section)
    section.finish()
    let unread = Set(report.problems.map(\.key))
    let found = problems(value).filter { problem in
        !unread.contains(problem.key) && (unread.isEmpty || problem.kind != .conflict)
    }
    var all = overrideProblems + report.problems + found
    for index in all.indices where all[index].origin == nil {
        all[index].origin = tree.origin(of: all[index].key)
    }
    if !all.isEmpty { throw ConfigurationError(all) }
    return value
}

private func readText(_ path: String) throws(ConfigurationError) -> String {
    func refusal(_ message: String, _ remedy: String? = nil) -> ConfigurationError {
        ConfigurationError([
            ConfigurationProblem(
                .unreadable, origin: .source(path), message, remedy: remedy)
        ])
    }
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    if descriptor < 0 {
        throw refusal("cannot be opened, \(String(cString: strerror(errno)))", "check --config")
    }
    defer { close(descriptor) }
    let limit = ConfigurationNode.largestText + 1
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    while bytes.count < limit {
        let count = read(descriptor, &chunk, chunk.count)
        if count < 0 && errno == EINTR { continue }
        if count < 0 { throw refusal("cannot be read, \(String(cString: strerror(errno)))") }
        if count == 0 { break }
        bytes += chunk[..<count]
    }
    guard let text = String(validating: bytes, as: UTF8.self) else {
        throw refusal("is not UTF-8 text", "name a YAML file")
    }
    return text
}
