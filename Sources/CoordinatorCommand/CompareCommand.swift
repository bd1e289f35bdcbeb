import ArgumentParser
import Charts
import Checkpoints
import ClipDatasets
import Comparing
import Configuration
import Foundation
import Models
import Networks
import Training

/// `coordinator compare`: trains several recipes with several seeds, and lays the results side by
/// side.
struct CompareCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "compare",
        abstract: "Train several configurations with several seeds, and compare what comes out.",
        usage: "coordinator compare <configs> ... --out <out> [<options>]",
        discussion: """
            Example:
              coordinator compare configs/ablation/*.yaml --out runs/ablation --seeds 3

            Writes table.md, chart.svg and results.json into the directory. Files NAME.1.yaml, \
            NAME.2.yaml are stages of one recipe: each starts from the weights of the one before \
            it. Runs that are there already are kept, and those that were interrupted go on, so \
            the same command can be given again.

            Where the classes are pairs as appearance-motion, the accuracy of either half is told \
            too.
            """)

    @Argument(
        help: "Configuration files; those whose names differ by .1, .2 are one recipe's stages.",
        completion: .configurations)
    var configs: [String]

    @Option(help: "The directory for runs and results.", completion: .directory)
    var out: String

    @Option(help: "Seeds 1 to N are tried.")
    var seeds = 3

    @Option(help: "The split that is scored.", completion: .splits)
    var split = "test"

    @Option(help: "Worker processes to start on this machine.")
    var localWorkers = 2

    @Option(help: "Threads of each worker.")
    var threadsPerWorker = 1

    @Option(
        name: .customLong("set"), parsing: .singleValue,
        help: "Override a key in every configuration: train.epochs=4. May be repeated.")
    var overrides: [String] = []

    func validate() throws {
        try require((1...100).contains(seeds), "--seeds takes 1 to 100.")
        try require(
            localWorkers >= 1 && threadsPerWorker >= 1,
            "--local-workers and --threads-per-worker take 1 or more.")
    }

    func run() throws {
        let recipes = try Recipe.recipes(of: configs)
        // Every mistake in a configuration is told before the first run begins.
        let rows = try recipes.map { try row(of: $0) }
        let dataset = try scoredDataset(of: recipes)
        var comparison = Comparison(
            split: split, clips: try dataset.split(split).count,
            classes: dataset.classNames.count,
            motions: ClassFactors(classNames: dataset.classNames)?.motionCount,
            workers: localWorkers, rows: rows)
        for seed in 1...UInt64(seeds) {
            for (index, recipe) in recipes.enumerated() {
                let outcome = try outcome(of: recipe, seed: seed)
                comparison.rows[index].outcomes.append(outcome)
                print(
                    "\(recipe.name), seed \(seed): top-1 "
                        + String(
                            format: "%.1f %%, %.0f s of steps", 100 * outcome.top1,
                            outcome.seconds))
                // A log is to show each line when it is true.
                fflush(nil)
                // After each run, so that an end at any moment leaves what is known.
                try write(comparison)
            }
        }
        print("")
        print(comparison.markdown, terminator: "")
        print("\nresults in \(out): table.md, chart.svg, results.json")
    }

    private func configuration(_ file: String) throws -> RunConfiguration {
        try RunConfiguration(contentsOf: file, overrides: overrides)
    }

    /// The dataset that all recipes end on.
    private func scoredDataset(of recipes: [Recipe]) throws -> ClipDataset {
        let paths = try recipes.map { try configuration($0.lastStage).data.path }
        for (recipe, path) in zip(recipes, paths) where path != paths[0] {
            throw ComparisonError.recipes(
                "\(recipe.name) ends on \(path), \(recipes[0].name) on \(paths[0]); scores compare "
                    + "on one dataset only: give --set data.path=FILE, or compare them apart")
        }
        return try ClipDataset(path: paths[0])
    }

    private func row(of recipe: Recipe) throws -> Comparison.Row {
        for stage in recipe.stages { _ = try Network(try configuration(stage)) }
        let file = recipe.lastStage
        let network = try Network(try configuration(file))
        let text = try String(contentsOfFile: file, encoding: .utf8)
        let comment = text.prefix { $0 != "\n" }.drop { $0 == "#" || $0 == " " }
        let tree = network.parameters
        return Comparison.Row(
            name: recipe.name, description: String(comment), parameters: tree.trainableCount,
            bytesPerStep: (tree.gradientExtent + tree.batchStatisticsExtent)
                * MemoryLayout<Float>.stride,
            multiplyAdds: network.graph.costs(tree).reduce(0) { $0 + $1.multiplyAdds })
    }

    private func outcome(of recipe: Recipe, seed: UInt64) throws -> RecipeOutcome {
        var pace = TrainingPace()
        var start: String?
        for (index, stage) in recipe.stages.enumerated() {
            let directory =
                "\(out)/\(recipe.name)/seed-\(seed)"
                + (recipe.stages.count > 1 ? "/stage-\(index + 1)" : "")
            try ComparedRun(
                recipe: recipe.name, seed: seed, configuration: stage, directory: directory,
                from: start, overrides: overrides, localWorkers: localWorkers,
                threadsPerWorker: threadsPerWorker
            ).complete()
            try pace.add(metrics: directory + "/metrics.jsonl")
            start = directory
        }
        guard let start else { throw ComparisonError.recipes("\(recipe.name) has no stage") }
        return try score(start, seed: seed, pace: pace)
    }

    private func score(
        _ directory: String, seed: UInt64, pace: TrainingPace
    ) throws -> RecipeOutcome {
        let run = try SavedRun(at: directory)
        let dataset = try ClipDataset(path: run.configuration.data.path)
        let evaluator = try Evaluator(
            configuration: run.configuration, checkpoint: run.checkpoint,
            threads: localWorkers * threadsPerWorker)
        let report = try evaluator.evaluate(
            try dataset.split(split), classNames: dataset.classNames)
        return RecipeOutcome(
            seed: seed, top1: report.ensemble.top1, loss: report.ensemble.loss,
            factors: ClassFactors(classNames: dataset.classNames)?
                .accuracies(of: report.confusion),
            members: report.models.count > 1
                ? report.models.map { .init(name: $0.name, top1: $0.score.top1) } : [],
            pace: pace, weightsSHA256: run.checkpoint.manifest.weightsSHA256)
    }

    private func write(_ comparison: Comparison) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
        encoder.keyEncodingStrategy = .convertToSnakeCase
        let files = [
            ("table.md", Data(comparison.markdown.utf8)),
            ("chart.svg", Data(comparison.chart.svg.utf8)),
            ("results.json", try encoder.encode(comparison)),
        ]
        for (name, data) in files {
            try data.write(to: URL(fileURLWithPath: "\(out)/\(name)"), options: .atomic)
        }
    }
}
