import Foundation

/// A way to train: one configuration, or several of which each starts from the weights of the one
/// before it.
public struct Recipe: Sendable, Hashable {
    public let name: String
    /// Configuration files, first to last.
    public let stages: [String]
    /// The configuration whose weights are scored.
    public var lastStage: String { stages[stages.count - 1] }

    /// Makes recipes of configuration files, in the order in which they are first named.
    ///
    /// `both.yaml` is a recipe by itself; `slow-training.1.yaml` and `slow-training.2.yaml` are the
    /// stages of one.
    ///
    /// - Throws: `ComparisonError` where stages do not count 1, 2, 3... or two files are one stage.
    public static func recipes(of files: [String]) throws(ComparisonError) -> [Recipe] {
        var names: [String] = []
        var stages: [[Int: String]] = []
        for file in files {
            let (name, stage) = place(of: file)
            let index = names.firstIndex(of: name) ?? names.endIndex
            if index == names.endIndex {
                names.append(name)
                stages.append([:])
            }
            if let other = stages[index].updateValue(file, forKey: stage) {
                throw .recipes("\(other) and \(file) are the same stage of \(name)")
            }
        }
        var recipes: [Recipe] = []
        for (name, found) in zip(names, stages) {
            let files = (1...max(1, found.count)).compactMap { found[$0] }
            guard files.count == found.count else {
                throw .recipes(
                    "the stages of \(name) do not count 1, 2, 3...; name its files \(name).1.yaml, "
                        + "\(name).2.yaml and so on, and give all of them")
            }
            recipes.append(Recipe(name: name, stages: files))
        }
        return recipes
    }

    /// `a/b.2.yaml` is stage 2 of b; without a number a file is stage 1.
    private static func place(of file: String) -> (name: String, stage: Int) {
        let name = URL(fileURLWithPath: file).deletingPathExtension().lastPathComponent
        guard let dot = name.lastIndex(of: "."), let stage = Int(name[name.index(after: dot)...])
        else { return (name, 1) }
        return (String(name[..<dot]), stage)
    }
}

/// Why recipes cannot be compared.
public enum ComparisonError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The configuration files make no recipes.
    case recipes(String)
    /// A run's measurements cannot be read.
    case metrics(path: String, problem: String)
    /// A training run failed; `log` holds what it said.
    case run(name: String, seed: UInt64, problem: String, log: String)

    public var description: String {
        switch self {
        case .recipes(let problem): problem
        case .metrics(let path, let problem): "\(path): \(problem)"
        case .run(let name, let seed, let problem, let log):
            "\(name), seed \(seed): \(problem); \(log) holds what the run said"
        }
    }
}
