import numpy as np
import pytest

from audiorouter.toolbox.frontends.spectra import magnitudes, mel_filters


@pytest.mark.parametrize(
    ("bands", "fft", "low", "high", "scale"),
    [(64, 512, 125.0, 7500.0, "htk"), (40, 400, 0.0, 8000.0, "slaney")],
)
def test_mel_filters_equal_a_kept_librarys(bands, fft, low, high, scale):
    from transformers.audio_utils import mel_filter_bank

    expected = mel_filter_bank(
        num_frequency_bins=fft // 2 + 1, num_mel_filters=bands, min_frequency=low,
        max_frequency=high, sampling_rate=16_000, mel_scale=scale,
        norm="slaney" if scale == "slaney" else None, triangularize_in_mel_space=scale == "htk",
    )  # fmt: skip
    found = mel_filters(bands=bands, sample_rate=16_000, fft=fft, low=low, high=high, scale=scale)
    np.testing.assert_allclose(found, expected, atol=2e-4 if scale == "htk" else 1e-6)


def test_magnitudes_equal_a_kept_librarys():
    from transformers.audio_utils import spectrogram, window_function

    audio = np.random.default_rng(0).standard_normal(4000).astype(np.float32)
    expected = spectrogram(
        audio, window_function(400, "hann"), frame_length=400, hop_length=160, fft_length=512,
        power=1.0, center=False,
    ).T  # fmt: skip
    np.testing.assert_allclose(magnitudes(audio, window=400, hop=160, fft=512), expected, rtol=1e-3)
