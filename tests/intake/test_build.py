"""Which build an app is."""

from __future__ import annotations

from leadshare.intake.build import BUILD, read_build


class TestReadBuild:
    def test_packaged(self, tmp_path):
        """An unpacked package tells its own id."""
        (tmp_path / BUILD).write_text("0123456789abcdef")

        assert "0123456789abcdef" == read_build(tmp_path)

    def test_not_packaged(self, tmp_path):
        """Where nothing was packaged, that is told."""
        assert "not packaged" == read_build(tmp_path)
