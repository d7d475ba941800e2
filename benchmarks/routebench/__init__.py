"""What routing.py measures, on the benchmark that audioqa/build.py makes."""
