import ArgumentParser
import ClipDatasets

/// `coordinator dataset`: makes clip datasets and looks into them.
struct DatasetCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dataset",
        abstract: "Make clip datasets, and look into them.",
        subcommands: [
            DatasetSynthesizeCommand.self, DatasetPackCommand.self, DatasetInspectCommand.self,
        ])
}

/// How a new file stores its frames: what `synthesize` and `pack` have in common.
struct DatasetStorageOptions: ParsableArguments {
    @Option(help: "frames: raw pixels, fast to read. jpeg: a tenth of the size, slower to read.")
    var layout = ClipLayout.frames

    @Option(help: "gzip level 1 to 9 of the frames layout; none unless given.")
    var gzip: Int?

    @Option(help: "JPEG quality 1 to 100 of the jpeg layout.")
    var quality = ClipStorage.defaultQuality

    @Flag(help: "Replace the file if it exists.")
    var force = false

    var storage: ClipStorage { ClipStorage(layout: layout, gzip: gzip, quality: quality) }

    func validate() throws {
        try require(gzip.map { (1...9).contains($0) } ?? true, "--gzip takes a level from 1 to 9.")
        try require(gzip == nil || layout == .frames, "--gzip is for --layout frames.")
        try require((1...100).contains(quality), "--quality takes a number from 1 to 100.")
    }
}

/// Ends the run as a mistake in the command's usage unless `condition` holds.
func require(_ condition: Bool, _ message: String) throws {
    if !condition { throw ValidationError(message) }
}

extension ClipLayout: ExpressibleByArgument {}
extension VideoSplitRule: ExpressibleByArgument {}
