import Configuration
import Testing

@Suite("A configuration is checked against its dataset")
struct DatasetCheckTests {
    private func lines(
        _ overrides: [String] = [], frames: Int = 8, height: Int = 32, width: Int = 40,
        classes: Int = 5, samples: Int = 64
    ) throws -> [String] {
        let configuration = try RunConfiguration(yaml: example, overrides: overrides)
        let clips = RunConfiguration.StoredClips(
            split: "train", frames: frames, height: height, width: width, classes: classes,
            samples: samples)
        do throws(ConfigurationError) {
            try configuration.check(against: clips)
            return []
        } catch {
            return error.problems.map(\.description)
        }
    }

    @Test("clips that fit are accepted")
    func fit() throws {
        #expect(try lines() == [])
        #expect(try lines(samples: 63) == [])
    }

    @Test("clips that are too short, too small, of other classes or absent are all named")
    func misfits() throws {
        let found = try lines(frames: 4, width: 31, classes: 6, samples: 0)
        #expect(found.count == 4)
        #expect(found[0].contains("model.input.frames: is 8, but split \"train\" of clips.h5"))
        #expect(found[1].contains("stores frames of 32x31; lower it to 31 or less"))
        #expect(found[2].contains("use --set model.classes=6"))
        #expect(found[3].contains("holds no clip"))
    }

    @Test("strides need longer clips, and what resizes makes do with smaller ones")
    func sampling() throws {
        #expect(try lines(["data.stride=4"], frames: 29) == [])
        let short = try lines(["data.stride=4"], frames: 28)
        #expect(short.first?.contains("is 8, but split \"train\" of clips.h5 stores 28") == true)
        #expect(
            short.first?.contains("every 4-th; lower it to 7 or less, lower the stride") == true)
        #expect(try lines(["data.augment.scale=[32, 40]"], height: 20) == [])
        #expect(try lines(["data.augment.area=[0.2, 1]"], height: 20) == [])
        #expect(try lines(height: 20).count == 1)
    }

    @Test("a slot that leaves batch norm a single value is refused")
    func singleValue() throws {
        let overrides = ["model.models=[{alpha: 8}]", "model.slow.layers=[1, 1, 1, 1]"]
        // Two clips a slot give two values, and the last of 65 clips is alone.
        #expect(try lines(overrides) == [])
        #expect(try lines(overrides, samples: 65).first?.contains("no variance") == true)
        let lone = problems(in: example, overrides: overrides + ["train.slots=8"])
        #expect(lone.first?.key == "train.slots")
    }
}
