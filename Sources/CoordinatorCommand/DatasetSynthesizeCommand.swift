import ArgumentParser
import ClipDatasets

/// `coordinator dataset synthesize`: draws clips of moving shapes.
struct DatasetSynthesizeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "synthesize",
        abstract: "Draw clips whose class is appearance x motion.",
        discussion: """
            Example: coordinator dataset synthesize clips.h5

            One frame tells only the appearance (a shape in a colour); the motion is in the \
            order of the frames. The same options give the same clips everywhere. Train on these \
            without mirroring: in a mirror, left is right.
            """)

    @Argument(help: "The file to write.", completion: .datasets)
    var output: String

    @Option(help: "Appearances, 1 to \(SyntheticClips.mostAppearances).")
    var classesAppearance = 3

    @Option(help: "Motions, 1 to \(SyntheticClips.mostMotions).")
    var classesMotion = 4

    @Option(help: "Training clips of each class.")
    var train = 96

    @Option(help: "Validation clips of each class.")
    var val = 16

    @Option(help: "Test clips of each class.")
    var test = 16

    @Option(help: "Frames of a clip.")
    var frames = 16

    @Option(help: "Height and width in pixels.")
    var size = 32

    @Option(help: "Noise on every pixel, as a part of full scale.")
    var noise = 0.05

    @Flag(help: "Draw shapes in any colour: no pixel tells the appearance, only the shape does.")
    var anyColor = false

    @Option(help: "What the clips are a function of.")
    var seed: UInt64 = 1

    @OptionGroup var storage: DatasetStorageOptions

    func validate() throws {
        try require(
            (1...SyntheticClips.mostAppearances).contains(classesAppearance),
            "--classes-appearance takes 1 to \(SyntheticClips.mostAppearances).")
        try require(
            (1...SyntheticClips.mostMotions).contains(classesMotion),
            "--classes-motion takes 1 to \(SyntheticClips.mostMotions).")
        try require((1...1024).contains(frames), "--frames takes 1 to 1024.")
        try require((8...1024).contains(size), "--size takes 8 to 1024.")
        try require((0...1).contains(noise), "--noise takes 0 to 1.")
        try require(
            train >= 0 && val >= 0 && test >= 0 && train + val + test > 0,
            "--train, --val and --test count clips, and one of them must be above 0.")
    }

    func run() throws {
        let clips = SyntheticClips(
            appearances: classesAppearance, motions: classesMotion, frames: frames, size: size,
            seed: seed, noise: noise, anyColor: anyColor)
        let counts = SyntheticClips.Counts(train: train, val: val, test: test)
        var progress = DatasetProgress()
        try clips.write(
            to: output, counts: counts, storage: storage.storage, replacing: storage.force
        ) { done, total in
            progress.show(done, of: total, "\(done) of \(total) clips")
        }
        progress.finish()
        let classes = clips.classNames.count
        print(
            "\(output): \((train + val + test) * classes) clips of \(classes) classes, "
                + "\(frames) frames of \(size) x \(size), in \(progress.elapsed)")
    }
}
