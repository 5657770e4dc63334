DROP TABLE person_versions;
