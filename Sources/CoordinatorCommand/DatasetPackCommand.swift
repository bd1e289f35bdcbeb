import ArgumentParser
import ClipDatasets

/// `coordinator dataset pack`: cuts videos into clips.
struct DatasetPackCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pack",
        abstract: "Make a dataset of a folder of videos, one folder a class.",
        discussion: """
            Example:
              coordinator dataset pack VIDEOS clips.h5 --frames 32 --size 128 \\
                  --split-by time --val-fraction 0.25

            Frames are scaled until their short side is --size and cropped square. A video that \
            cannot be read is named and left out. FFmpeg must be installed.

            --split-by video gives every video to one split, drawn class by class. --split-by time \
            gives the last part of every video's time to val, and what follows that to test; no \
            frame is in two splits.
            """)

    @Argument(help: "The folder: FOLDER/CLASS/VIDEO.mp4", completion: .directory)
    var folder: String

    @Argument(help: "The file to write.", completion: .datasets)
    var output: String

    @Option(help: "Frames of a clip.")
    var frames = 32

    @Option(help: "Height and width in pixels.")
    var size = 128

    @Option(help: "Frames of the video from one frame of a clip to the next.")
    var stride = 1

    @Option(
        help: """
            Frames of the video from the start of one training clip to the next; a quarter of the \
            clip unless given. Val and test clips start half a clip apart.
            """)
    var clipStep: Int?

    @Option(help: "What goes to one split whole: video or time.")
    var splitBy = VideoSplitRule.video

    @Option(help: "The part of the videos, or of their time, for val.")
    var valFraction = 0.2

    @Option(help: "The part of the videos, or of their time, for test.")
    var testFraction = 0.0

    @Option(help: "What the split by video is a function of.")
    var seed: UInt64 = 1

    @Flag(help: "End at the first video that cannot be read.")
    var strict = false

    @OptionGroup var storage: DatasetStorageOptions

    func validate() throws {
        try require((1...4096).contains(frames), "--frames takes 1 to 4096.")
        try require((8...4096).contains(size), "--size takes 8 to 4096.")
        try require((1...1000).contains(stride), "--stride takes 1 to 1000.")
        try require(clipStep.map { $0 > 0 } ?? true, "--clip-step takes a number above 0.")
        try require(
            valFraction >= 0 && testFraction >= 0 && valFraction + testFraction < 1,
            "--val-fraction and --test-fraction must leave something for training.")
    }

    func run() throws {
        var progress = DatasetProgress()
        let result = try VideoPacker(options).pack(folder: folder, into: output) { event in
            switch event {
            case .progress(let frames, let total, let clips):
                progress.show(frames, of: total, "\(frames) frames, \(clips) clips")
            case .skipped(let error): progress.note("skipped \(error)")
            case .note(let note): progress.note("note: \(note)")
            }
        }
        progress.finish()
        print("\(output): \(result.clips) clips of \(result.videos) videos in \(progress.elapsed)")
        if !result.skipped.isEmpty {
            print("\(result.skipped.count) skipped:")
            for error in result.skipped { print("  \(error)") }
        }
        let dataset = try ClipDataset(path: output)
        for split in dataset.splits {
            let classes = Set(split.labels).count
            print(
                "  \(split.name): \(split.count) clips, \(classes) of "
                    + "\(dataset.classNames.count) classes")
        }
    }

    private var options: VideoPacker.Options {
        var options = VideoPacker.Options()
        options.frames = frames
        options.size = size
        options.stride = stride
        options.clipStep = clipStep
        options.splitRule = splitBy
        options.valFraction = valFraction
        options.testFraction = testFraction
        options.seed = seed
        options.storage = storage.storage
        options.isStrict = strict
        options.isReplacing = storage.force
        return options
    }
}
